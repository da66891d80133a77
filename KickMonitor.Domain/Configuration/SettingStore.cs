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
    /// <param name="Removed">The secrets that went with it, because they were for where the setting led before.</param>
    public sealed record Done(SettingState State, IReadOnlyList<string> Removed) : ChangeSetting;

    public sealed record NoSuchSetting(string Key) : ChangeSetting;

    public record Refused(string Reason) : ChangeSetting;

    /// <summary>A secret is kept for one place only, and there is none yet.</summary>
    public sealed record SentNowhere(string Key, string Missing) : Refused($"Set {Missing} first: {Key} is kept for where it is sent.");

    /// <summary>A secret that once was stored would come back for another place.</summary>
    public sealed record SentElsewhere(string Key) : Refused($"What {Key} was before is kept for where it was sent then. Set it anew.");

    /// <summary>It was said at start, which wins.</summary>
    /// <param name="SecretKey">What was said is this secret, so where it is sent is not changed here either; null: the setting itself.</param>
    public sealed record Fixed(string Key, string By, string? SecretKey = null) : ChangeSetting
    {
        public string Reason => SecretKey is null ? $"{Key} is said by the {By}, which wins." : $"{SecretKey} is said by the {By}: say {Key}, where it is sent, there too.";
    }

    /// <summary>Somebody else changed it after it was last looked at, or where it is sent: the state is that of what they changed.</summary>
    public sealed record Overtaken(SettingState State) : ChangeSetting;
}

/// <summary>A setting as it is now.</summary>
/// <param name="Value">What holds; null if nothing does, and for secrets.</param>
/// <param name="IsSet">Whether something holds, secret or not.</param>
/// <param name="FixedBy">What fixed it at start; null if it can be changed here.</param>
/// <param name="IsStored">Whether an Admin has set it, also where something fixes it.</param>
/// <param name="LastChange">The number of its last change, for a secret also of where it is sent, 0 if there was none; whoever changes it names the one they saw.</param>
public sealed record SettingState(SettingDefinition Definition, string? Value, bool IsSet, ChangeSetting.Fixed? FixedBy, bool IsStored, long LastChange, DateTimeOffset? ChangedAt, string? ChangedBy)
{
    public string Source => FixedBy?.By ?? (IsStored ? "stored" : "default");
}

/// <summary>A change as people may see it.</summary>
/// <param name="IsLast">It is the setting's last one, so it can be undone.</param>
public sealed record SettingChangeView(long Id, string Key, string? Before, string? After, DateTimeOffset At, string By, bool IsLast);

/// <summary>The settings that Admins may change at run time. A change reaches every node over the bus.</summary>
public sealed class SettingStore(
    NpgsqlDataSource source, Bus bus, SettingCatalog catalog, IConfiguration configuration, IDataProtectionProvider protection, Audit audit, TimeProvider time,
    ILogger<SettingStore> logger) : IDisposable
{
    public const string Topic = "settings";

    /// <summary>Stands for a secret where people look.</summary>
    public const string Hidden = "•••";

    private readonly SecretSettings _secrets = new(catalog, configuration, protection, logger);
    private readonly SemaphoreSlim _reading = new(1, 1);
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
        // One after the other: what was read first must not be taken last.
        await _reading.WaitAsync(ct);
        try
        {
            await using var connection = await source.OpenConnectionAsync(ct);
            var (stored, upTo) = await StoredAsync(connection, ct);
            Stored.Replace(() => Usable(stored));
            Volatile.Write(ref _readUpTo, upTo);
        }
        finally
        {
            _reading.Release();
        }
    }

    private Dictionary<string, string?> Usable(Dictionary<string, string> stored)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, box) in stored)
        {
            // What a newer or an older version stored may be unknown here, or not allowed.
            if (catalog.Find(key) is { } known && _secrets.Use(known, box, stored) is { } value && known.Mistake(value) is null)
            {
                values[known.Key] = value;
            }
        }

        return values;
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
                definition, definition.IsSecret || !isSet ? null : value, isSet, _secrets.FixedBy(definition), row is { IsStored: true },
                Watched(definition).Max(key => known.TryGetValue(key, out var seen) ? seen.Change : 0), row?.At, row?.By);
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

    /// <returns>The stored secrets that would go with a change, because they are for where the setting leads now.</returns>
    public async Task<IReadOnlyList<string>> RemovedByAsync(string key, string? value, CancellationToken ct)
    {
        value = value?.Trim();
        if (catalog.Find(key) is not { } definition || _secrets.FixedBy(definition) is not null || (!string.IsNullOrEmpty(value) && definition.Mistake(value) is not null))
        {
            return [];
        }

        await using var connection = await source.OpenConnectionAsync(ct);
        var (stored, _) = await StoredAsync(connection, ct);
        return [.. _secrets.Misled(definition, stored, With(stored, definition.Key, string.IsNullOrEmpty(value) ? null : value)).Select(s => s.Key)];
    }

    /// <summary>Changes a setting. The stored secrets that would thereby go elsewhere, or more openly, are removed with it.</summary>
    /// <param name="value">Null or empty: back to the default.</param>
    /// <param name="isAsSeen">Whether the last change is the one that this change was decided by; null: it does not matter.</param>
    public async Task<ChangeSetting> SetAsync(string key, string? value, Func<long, bool>? isAsSeen, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        if (catalog.Find(key) is not { } definition)
        {
            return new ChangeSetting.NoSuchSetting(key);
        }

        if (_secrets.FixedBy(definition) is { } fix)
        {
            return fix;
        }

        value = value?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            return await StoreAsync(definition, Watched(definition), isAsSeen, _ => (null, null), ct);
        }

        return definition.Mistake(value) is { } mistake
            ? new ChangeSetting.Refused(mistake)
            : await StoreAsync(definition, Watched(definition), isAsSeen, stored => _secrets.Seal(definition, value, stored), ct);
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

        if (_secrets.FixedBy(definition) is { } fix)
        {
            return fix;
        }

        return await StoreAsync(definition, [definition.Key], last => last == changeId, Before, ct);

        (string? Box, ChangeSetting.Refused? Refusal) Before(IReadOnlyDictionary<string, string> stored)
        {
            if (before is null)
            {
                return (null, null);
            }

            var (value, why) = _secrets.Open(definition, before, stored);
            return why is Closed.ForElsewhere ? (null, new ChangeSetting.SentElsewhere(definition.Key))
                : value is null || definition.Mistake(value) is not null ? (null, new ChangeSetting.Refused($"What {definition.Key} was before cannot be read any more, or is no longer allowed."))
                : (before, null);
        }
    }

    private static string[] Watched(SettingDefinition definition) => [definition.Key, .. definition.SentTo];

    private static Dictionary<string, string> With(Dictionary<string, string> stored, string key, string? value)
    {
        var with = new Dictionary<string, string>(stored, stored.Comparer);
        with.Remove(key);
        if (value is not null)
        {
            with[key] = value;
        }

        return with;
    }

    /// <param name="watched">The settings whose last change is meant by <paramref name="isAsSeen"/>.</param>
    /// <param name="choose">What is stored, or why nothing is, once nobody else changes anything.</param>
    private async Task<ChangeSetting> StoreAsync(
        SettingDefinition definition, string[] watched, Func<long, bool>? isAsSeen, Func<IReadOnlyDictionary<string, string>, (string? Box, ChangeSetting.Refused? Refusal)> choose, CancellationToken ct)
    {
        // Its connection is given back before what follows asks for one: many who each hold one and want a second would wait for each other.
        var (misled, refusal, overtakenBy) = await ChangeAsync(definition, watched, isAsSeen, choose, ct);
        if (overtakenBy is not null)
        {
            return new ChangeSetting.Overtaken((await FindAsync(overtakenBy, ct))!);
        }

        if (refusal is not null)
        {
            return refusal;
        }

        await ReadAsync(ct);
        return new ChangeSetting.Done((await FindAsync(definition.Key, ct))!, [.. misled.Select(s => s.Key)]);
    }

    /// <returns>The secrets that went with the change, or why there was none: the key of what somebody else changed.</returns>
    private async Task<(IReadOnlyList<SettingDefinition> Misled, ChangeSetting.Refused? Refusal, string? OvertakenBy)> ChangeAsync(
        SettingDefinition definition, string[] watched, Func<long, bool>? isAsSeen, Func<IReadOnlyDictionary<string, string>, (string? Box, ChangeSetting.Refused? Refusal)> choose, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (last, changed) = await LockAsync(connection, watched, ct);
        if (isAsSeen?.Invoke(last) == false)
        {
            return ([], null, changed ?? definition.Key);
        }

        var (stored, _) = await StoredAsync(connection, ct);
        var (box, refusal) = choose(stored);
        string? before = stored.GetValueOrDefault(definition.Key);

        // No two boxes of a secret are the same, and so none is compared: it would tell who guesses whether they were right.
        if (refusal is not null || before == box)
        {
            return ([], refusal, null);
        }

        var misled = _secrets.Misled(definition, stored, With(stored, definition.Key, box));
        await WriteAsync(connection, definition, before, box, ct);
        foreach (var secret in misled)
        {
            await WriteAsync(connection, secret, stored[secret.Key], null, ct);
        }

        await transaction.CommitAsync(ct);
        return (misled, null, null);
    }

    /// <summary>Keeps everybody else from changing settings until the transaction ends.</summary>
    private static async Task<(long LastChange, string? Changed)> LockAsync(NpgsqlConnection connection, string[] keys, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new($"SELECT pg_advisory_xact_lock({Locks.Settings})"));
        batch.BatchCommands.Add(new("SELECT id, key FROM setting_changes WHERE key = ANY($1) ORDER BY id DESC LIMIT 1") { Parameters = { new() { Value = keys } } });
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetInt64(0), reader.GetString(1)) : (0, null);
    }

    /// <returns>What is stored, and the number of a change that it has in it already.</returns>
    private static async Task<(Dictionary<string, string> Stored, long UpTo)> StoredAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new("SELECT coalesce(max(id), 0) FROM setting_changes"));
        batch.BatchCommands.Add(new("SELECT key, value FROM settings"));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        long upTo = reader.GetInt64(0);
        await reader.NextResultAsync(ct);
        var stored = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadAsync(ct))
        {
            stored[reader.GetString(0)] = reader.GetString(1);
        }

        return (stored, upTo);
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

    private string? Shown(string key, string? stored) => stored is not null && catalog.Find(key) is not { IsSecret: false } ? Hidden : stored;
}
