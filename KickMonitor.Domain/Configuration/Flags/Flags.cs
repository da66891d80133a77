using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.FeatureManagement;
using Microsoft.FeatureManagement.FeatureFilters;
using Npgsql;

namespace KickMonitor.Domain.Configuration.Flags;

public abstract record ChangeFlag
{
    public sealed record Done(FlagState State) : ChangeFlag;

    public sealed record NoSuchFlag(string Name) : ChangeFlag;

    public sealed record Refused(string Reason) : ChangeFlag;

    /// <summary>Somebody else changed it after it was last looked at.</summary>
    public sealed record Overtaken(FlagState State) : ChangeFlag;
}

/// <summary>Switches of features, for everybody or for some streamers. A change reaches every node over the bus.</summary>
public sealed class Flags(NpgsqlDataSource source, Bus bus, FlagRules rules, IFeatureManager manager, Audit audit, TimeProvider time) : IDisposable
{
    public const string Topic = "flags";
    public const int MostStreamers = 1000;

    private IDisposable? _subscription;

    public IReadOnlyList<FlagState> All => rules.All;

    public FlagState? Find(string name) => rules.All.FirstOrDefault(f => f.Definition.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase));

    public async Task StartAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        _subscription ??= bus.Subscribe(Topic, ReadAsync);
    }

    public void Dispose() => _subscription?.Dispose();

    /// <summary>Whether it is on for nobody at all.</summary>
    public bool IsOff(string name) => Find(name) is { IsOn: false } or { IsOn: true, Percentage: 0, Streamers.Count: 0 };

    /// <summary>Whether it is on for this streamer.</summary>
    public async ValueTask<bool> IsOnAsync(string name, long broadcasterUserId) =>
        Find(name) is not { } flag || (flag.IsTargeted
            ? await manager.IsEnabledAsync(flag.Definition.Name, new TargetingContext { UserId = broadcasterUserId.ToString(CultureInfo.InvariantCulture), Groups = [] })
            : flag.IsOn);

    public async Task ReadAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT name, is_on, percentage, streamers, version, changed_at, changed_by FROM feature_flags");
        var stored = new Dictionary<string, FlagState>(StringComparer.Ordinal);
        var known = rules.All.ToDictionary(f => f.Definition.Name, f => f.Definition, StringComparer.Ordinal);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                if (known.TryGetValue(reader.GetString(0), out var definition))
                {
                    stored[definition.Name] = new FlagState(
                        definition, reader.GetBoolean(1), reader.GetInt32(2), reader.GetFieldValue<long[]>(3), reader.GetInt32(4), reader.GetFieldValue<DateTimeOffset>(5), reader.GetString(6));
                }
            }
        }

        rules.All = [.. known.Values.Select(d => stored.GetValueOrDefault(d.Name) ?? FlagState.Untouched(d))];
    }

    private static async Task<(object State, int Version)> StoredAsync(NpgsqlConnection connection, FlagState flag, CancellationToken ct)
    {
        await using var read = new NpgsqlCommand("SELECT is_on, percentage, streamers, version FROM feature_flags WHERE name = $1 FOR UPDATE", connection) { Parameters = { new() { Value = flag.Definition.Name } } };
        await using var reader = await read.ExecuteReaderAsync(ct);
        var (isOn, percentage, streamers, version) = await reader.ReadAsync(ct) ? (reader.GetBoolean(0), reader.GetInt32(1), reader.GetFieldValue<long[]>(2), reader.GetInt32(3)) : (true, 100, [], 0);
        return (new { on = isOn, percentage, streamers }, version);
    }

    /// <param name="isAsSeen">Whether the version is the one that the change was decided by; null: it does not matter.</param>
    public async Task<ChangeFlag> SetAsync(string name, bool isOn, int percentage, IReadOnlyCollection<long> streamers, Func<int, bool>? isAsSeen, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        if (Find(name) is not { } flag)
        {
            return new ChangeFlag.NoSuchFlag(name);
        }

        if (percentage is < 0 or > 100)
        {
            return new ChangeFlag.Refused("A percentage is between 0 and 100.");
        }

        if (streamers.Count > MostStreamers)
        {
            return new ChangeFlag.Refused($"A flag names at most {MostStreamers} streamers; use a percentage.");
        }

        bool isOvertaken = true;
        await using (var connection = await source.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            // This node may not have heard of the last change; the audit log is told what was replaced.
            var (before, version) = await StoredAsync(connection, flag, ct);
            await using var write = new NpgsqlCommand(
                """
                INSERT INTO feature_flags (name, is_on, percentage, streamers, version, changed_at, changed_by)
                VALUES ($1, $2, $3, $4, 1, $5, coalesce($6, (SELECT email FROM users WHERE id = $7), 'somebody'))
                ON CONFLICT (name) DO UPDATE SET is_on = $2, percentage = $3, streamers = $4, version = feature_flags.version + 1, changed_at = $5, changed_by = excluded.changed_by
                    WHERE $8::int IS NULL OR feature_flags.version = $8
                """, connection)
            {
                Parameters =
                {
                    new() { Value = flag.Definition.Name }, new() { Value = isOn }, new() { Value = percentage }, new() { Value = streamers.Distinct().Order().ToArray() }, new() { Value = time.GetUtcNow() },
                    new NpgsqlParameter<string?> { TypedValue = Actor.Current.Name },
                    new() { Value = (object?)Actor.Current.UserId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },

                    // Where nothing was stored there was nothing to lock, and somebody may have been quicker.
                    new() { Value = isAsSeen is null ? DBNull.Value : version, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer },
                },
            };
            if (isAsSeen?.Invoke(version) != false && await write.ExecuteNonQueryAsync(ct) > 0)
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(audit.Command(new AuditEntry(
                    "flag.set", flag.Definition.Name, flag.Definition.Name, before, new { on = isOn, percentage, streamers })));
                batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
                await batch.ExecuteNonQueryAsync(ct);
                await transaction.CommitAsync(ct);
                isOvertaken = false;
            }
        }

        await ReadAsync(ct);
        return isOvertaken ? new ChangeFlag.Overtaken(Find(name)!) : new ChangeFlag.Done(Find(name)!);
    }
}

public static class FlagServices
{
    /// <summary>The sources of status, which Admins can switch off.</summary>
    public const string Poll = "sources.poll";

    public const string Webhook = "sources.webhook";

    public static IServiceCollection AddFlags(this IServiceCollection services)
    {
        services.AddSingleton<FlagRules>();
        services.AddSingleton<IFeatureDefinitionProvider>(p => p.GetRequiredService<FlagRules>());
        services.AddFeatureManagement();
        services.AddSingleton<Flags>();
        return services.AddFlag(Poll, "Ask Kick's API who is live");
    }

    /// <summary>Makes something switchable.</summary>
    public static IServiceCollection AddFlag(this IServiceCollection services, string name, string description) =>
        services.AddSingleton(new FlagDefinition(name, description));
}
