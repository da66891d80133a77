using System.Security.Cryptography;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Configuration;

public abstract record ChangeSetting
{
    public sealed record Done(SettingState State) : ChangeSetting;

    public sealed record NoSuchSetting(string Key) : ChangeSetting;

    public sealed record Refused(string Reason) : ChangeSetting;

    /// <summary>It was said at start, which wins.</summary>
    public sealed record Fixed(string Key, string By) : ChangeSetting;

    /// <summary>Somebody else changed it after it was last looked at.</summary>
    public sealed record Overtaken(SettingState State) : ChangeSetting;
}

/// <summary>A setting as it is now.</summary>
/// <param name="Value">What holds; null if nothing does, and for secrets.</param>
/// <param name="IsSet">Whether something holds, secret or not.</param>
/// <param name="FixedBy">What fixed it at start; null if it can be changed here.</param>
/// <param name="IsStored">Whether an Admin has set it, also where something fixes it.</param>
/// <param name="LastChange">The number of its last change, 0 if there was none; whoever changes it names the one they saw.</param>
public sealed record SettingState(SettingDefinition Definition, string? Value, bool IsSet, string? FixedBy, bool IsStored, long LastChange, DateTimeOffset? ChangedAt, string? ChangedBy)
{
    public string Source => FixedBy ?? (IsStored ? "stored" : "default");
}

/// <summary>A change as people may see it.</summary>
/// <param name="IsLast">It is the setting's last one, so it can be undone.</param>
public sealed record SettingChangeView(long Id, string Key, string? Before, string? After, DateTimeOffset At, string By, bool IsLast);

/// <summary>The settings that Admins may change at run time. A change reaches every node over the bus.</summary>
public sealed partial class SettingStore(
    NpgsqlDataSource source, Bus bus, SettingCatalog catalog, IConfiguration configuration, IDataProtectionProvider protection, Audit audit, TimeProvider time,
    ILogger<SettingStore> logger) : IDisposable
{
    public const string Topic = "settings";

    /// <summary>Stands for a secret where people look.</summary>
    public const string Hidden = "•••";

    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private long _readUpTo;
    private IDisposable? _subscription;

    private StoredSettings Stored { get; } = ((IConfigurationRoot)configuration).Providers.OfType<StoredSettings>().FirstOrDefault()
        ?? throw new InvalidOperationException("The configuration has no place for stored settings.");

    /// <summary>Takes what is stored, and goes on doing so whenever it changes.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        _subscription ??= bus.Subscribe(Topic, ReadAsync);
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _reading.Dispose();
    }

    public async Task ReadAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            var (values, upTo) = await StoredAsync(ct);
            Stored.Replace(values);
            Volatile.Write(ref _readUpTo, upTo);
        }
        finally
        {
            _reading.Release();
        }
    }

    public async Task<IReadOnlyList<SettingState>> ListAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT coalesce(s.key, c.key), s.key IS NOT NULL, coalesce(c.id, 0), coalesce(c.at, s.changed_at), c.by
            FROM settings s FULL JOIN (SELECT DISTINCT ON (key) key, id, at, by FROM setting_changes ORDER BY key, id DESC) c ON c.key = s.key
            """);
        var known = new Dictionary<string, (bool IsStored, long Change, DateTimeOffset At, string? By)>(StringComparer.OrdinalIgnoreCase);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                known[reader.GetString(0)] = (reader.GetBoolean(1), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3), reader.IsDBNull(4) ? null : reader.GetString(4));
            }
        }

        // Nobody is shown the value of before under the number of a change of which this node has not heard yet.
        if (known.Values.Any(k => k.Change > Volatile.Read(ref _readUpTo)))
        {
            await ReadAsync(ct);
        }

        return [.. catalog.All.Select(State)];

        SettingState State(SettingDefinition definition)
        {
            string? value = configuration[definition.Key] ?? definition.Default;
            bool isSet = !string.IsNullOrEmpty(value);
            var row = known.TryGetValue(definition.Key, out var found) ? found : default((bool IsStored, long Change, DateTimeOffset At, string? By)?);
            return new SettingState(
                definition, definition.IsSecret || !isSet ? null : value, isSet, StoredSettings.FixedBy(configuration, definition.Key), row is { IsStored: true },
                row?.Change ?? 0, row?.At, row?.By);
        }
    }

    public async Task<SettingState?> FindAsync(string key, CancellationToken ct) =>
        catalog.Find(key) is { } definition ? (await ListAsync(ct)).First(s => s.Definition == definition) : null;

    /// <summary>Newest first.</summary>
    /// <param name="key">Null: of all settings.</param>
    public async Task<List<SettingChangeView>> HistoryAsync(string? key, int limit, CancellationToken ct)
    {
        key = key is null ? null : catalog.Find(key)?.Key ?? LenientJson.Storable(key, SettingDefinition.LongestValue);
        await using var command = source.CreateCommand(
            """
            SELECT c.id, c.key, c.before, c.after, c.at, c.by, NOT EXISTS (SELECT FROM setting_changes l WHERE l.key = c.key AND l.id > c.id)
            FROM setting_changes c WHERE $1::text IS NULL OR key = $1 ORDER BY id DESC LIMIT $2
            """);
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = key });
        command.Parameters.AddWithValue(limit);
        var changes = new List<SettingChangeView>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            string of = reader.GetString(1);
            changes.Add(new SettingChangeView(
                reader.GetInt64(0), of, Shown(of, reader.IsDBNull(2) ? null : reader.GetString(2)), Shown(of, reader.IsDBNull(3) ? null : reader.GetString(3)),
                reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5), reader.GetBoolean(6)));
        }

        return changes;
    }

    /// <param name="value">Null or empty: back to the default.</param>
    /// <param name="isAsSeen">Whether the last change is the one that this change was decided by; null: it does not matter.</param>
    public async Task<ChangeSetting> SetAsync(string key, string? value, Func<long, bool>? isAsSeen, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        if (catalog.Find(key) is not { } definition)
        {
            return new ChangeSetting.NoSuchSetting(key);
        }

        if (StoredSettings.FixedBy(configuration, definition.Key) is { } by)
        {
            return new ChangeSetting.Fixed(definition.Key, by);
        }

        value = value?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            return await StoreAsync(definition, null, isAsSeen, ct);
        }

        return definition.Mistake(value) is { } mistake
            ? new ChangeSetting.Refused(mistake)
            : await StoreAsync(definition, Sealed(definition, value), isAsSeen, ct);
    }

    /// <returns>Which setting a change was of; null if there was no such change.</returns>
    public async Task<string?> KeyOfAsync(long changeId, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT key FROM setting_changes WHERE id = $1");
        command.Parameters.AddWithValue(changeId);
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Puts a setting back to what it was before a change, if that was its last one.</summary>
    public async Task<ChangeSetting> UndoAsync(long changeId, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await using var command = source.CreateCommand("SELECT key, before FROM setting_changes WHERE id = $1");
        command.Parameters.AddWithValue(changeId);
        string key;
        string? before;
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct))
            {
                return new ChangeSetting.NoSuchSetting($"change {changeId}");
            }

            (key, before) = (reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1));
        }

        if (catalog.Find(key) is not { } definition)
        {
            return new ChangeSetting.NoSuchSetting(key);
        }

        if (StoredSettings.FixedBy(configuration, definition.Key) is { } by)
        {
            return new ChangeSetting.Fixed(definition.Key, by);
        }

        return before is not null && (Opened(definition, before) is not { } value || definition.Mistake(value) is not null)
            ? new ChangeSetting.Refused($"What {definition.Key} was before cannot be read any more, or is no longer allowed.")
            : await StoreAsync(definition, before, last => last == changeId, ct);
    }

    /// <returns>What is stored, and the number of a change that it has in it already.</returns>
    private async Task<(Dictionary<string, string?> Values, long UpTo)> StoredAsync(CancellationToken ct)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new("SELECT coalesce(max(id), 0) FROM setting_changes"));
        batch.BatchCommands.Add(new("SELECT key, value FROM settings"));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        long upTo = reader.GetInt64(0);
        await reader.NextResultAsync(ct);
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadAsync(ct))
        {
            // What a newer or an older version stored may be unknown here, or not allowed.
            if (catalog.Find(reader.GetString(0)) is { } known && Opened(known, reader.GetString(1)) is { } value && known.Mistake(value) is null)
            {
                values[known.Key] = value;
            }
        }

        return (values, upTo);
    }

    private async Task<ChangeSetting> StoreAsync(SettingDefinition definition, string? value, Func<long, bool>? isAsSeen, CancellationToken ct)
    {
        await using (var connection = await source.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            var (before, last) = await LookAsync(connection, definition.Key, ct);
            if (isAsSeen?.Invoke(last) == false)
            {
                return new ChangeSetting.Overtaken((await FindAsync(definition.Key, ct))!);
            }

            if (!IsSame(definition, before, value))
            {
                await WriteAsync(connection, definition, before, value, ct);
                await transaction.CommitAsync(ct);
            }
        }

        await ReadAsync(ct);
        return new ChangeSetting.Done((await FindAsync(definition.Key, ct))!);
    }

    private static async Task<(string? Value, long LastChange)> LookAsync(NpgsqlConnection connection, string key, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new($"SELECT pg_advisory_xact_lock({Locks.Settings})"));
        batch.BatchCommands.Add(new("SELECT (SELECT value FROM settings WHERE key = $1), coalesce((SELECT max(id) FROM setting_changes WHERE key = $1), 0)") { Parameters = { new() { Value = key } } });
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetInt64(1));
    }

    private async Task WriteAsync(NpgsqlConnection connection, SettingDefinition definition, string? before, string? after, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(after is null
            ? new("DELETE FROM settings WHERE key = $1") { Parameters = { new() { Value = definition.Key } } }
            : new("INSERT INTO settings (key, value, changed_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at")
            {
                Parameters = { new() { Value = definition.Key }, new() { Value = after }, new() { Value = now } },
            });
        batch.BatchCommands.Add(new(
            "INSERT INTO setting_changes (key, before, after, at, by) VALUES ($1, $2, $3, $4, coalesce($5, (SELECT email FROM users WHERE id = $6), 'somebody'))")
        {
            Parameters =
            {
                new() { Value = definition.Key },
                new NpgsqlParameter<string?> { TypedValue = before },
                new NpgsqlParameter<string?> { TypedValue = after },
                new() { Value = now },
                new NpgsqlParameter<string?> { TypedValue = Actor.Current.Name },
                new() { Value = (object?)Actor.Current.UserId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },
            },
        });
        batch.BatchCommands.Add(audit.Command(new AuditEntry(
            after is null ? "setting.unset" : "setting.set", definition.Key, definition.Key, new { value = Shown(definition.Key, before) }, new { value = Shown(definition.Key, after) })));
        batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
        await batch.ExecuteNonQueryAsync(ct);
    }

    private bool IsSame(SettingDefinition definition, string? before, string? after) =>
        before is null || after is null ? before == after : Opened(definition, before) == Opened(definition, after);

    private string? Shown(string key, string? stored) => stored is not null && catalog.Find(key) is not { IsSecret: false } ? Hidden : stored;

    private string Sealed(SettingDefinition definition, string value) => definition.IsSecret ? Protector(definition).Protect(value) : value;

    /// <returns>Null if a secret cannot be read with this node's keys.</returns>
    private string? Opened(SettingDefinition definition, string stored)
    {
        if (!definition.IsSecret)
        {
            return stored;
        }

        try
        {
            return Protector(definition).Unprotect(stored);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            lock (_unreadable)
            {
                if (_unreadable.Add(stored))
                {
                    Unreadable(definition.Key);
                }
            }

            return null;
        }
    }

    internal static IDataProtector ProtectorOf(IDataProtectionProvider protection, string key) => protection.CreateProtector("KickMonitor.Configuration", key);

    private IDataProtector Protector(SettingDefinition definition) => ProtectorOf(protection, definition.Key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} is stored, but cannot be read with this master key; set it again")]
    private partial void Unreadable(string key);
}
