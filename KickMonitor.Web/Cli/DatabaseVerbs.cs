using System.CommandLine;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Web.Cli;

internal static class DatabaseVerbs
{
    public static Command Create(Verb verb) => Verb.Group(
        "db", "The database",
        [verb.Create("migrate", "Bring the schema to this version", MigrateAsync),
        verb.Create("info", "Where it is, how large, and which migrations it has", InfoAsync),
        .. BackupVerbs.Create(verb)]);

    private static async Task MigrateAsync(Invocation call)
    {
        await using var host = await call.OpenAsync(DatabaseUse.AsItIs);
        var applied = await host.Get<Migrator>().MigrateAsync(call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { applied });
        }
        else
        {
            call.Output.Line(applied.Count == 0 ? "The schema is current." : $"Applied {string.Join(", ", applied)}.");
        }
    }

    private static async Task InfoAsync(Invocation call)
    {
        await using var host = await call.OpenAsync(DatabaseUse.AsItIs);
        var source = host.Get<NpgsqlDataSource>();
        await using var command = source.CreateCommand("SELECT current_setting('server_version'), pg_database_size(current_database()), current_database(), current_user");
        await using var reader = await command.ExecuteReaderAsync(call.Ct);
        await reader.ReadAsync(call.Ct);
        string server = reader.GetString(0);
        long size = reader.GetInt64(1);
        var at = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        string location = $"{at.Host}:{at.Port}/{reader.GetString(2)} as {reader.GetString(3)}";
        await reader.DisposeAsync();
        var (applied, pending) = await host.Get<Migrator>().InspectAsync(call.Ct);
        string? owner = host.Get<SchemaOwner>() is { IsApart: true } apart ? new NpgsqlConnectionStringBuilder(apart.ConnectionString).Username : null;
        if (call.Output.IsJson)
        {
            call.Output.Json(new { server, location, owner, embedded = host.IsEmbedded, sizeBytes = size, applied, pending });
            return;
        }

        call.Output.Facts(
            ("Server", $"PostgreSQL {server}"),
            ("Location", host.IsEmbedded ? $"{location} (embedded)" : location),
            ("Owner of the schema", owner ?? "the same account"),
            ("Size", $"{Plain.Number(size / 1024 / 1024)} MiB"),
            ("Applied", applied.Count == 0 ? "none" : string.Join(", ", applied)),
            ("Pending", pending.Count == 0 ? "none" : string.Join(", ", pending)));
    }
}
