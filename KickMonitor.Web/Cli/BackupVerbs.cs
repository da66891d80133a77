using System.CommandLine;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Web.Cli;

internal static class BackupVerbs
{
    private static readonly Argument<string> Path = new("file") { Description = "In PostgreSQL's custom format, as pg_dump writes it" };
    private static readonly Option<bool> Force = new("--force") { Description = "Overwrite what is there" };

    public static Command[] Create(Verb verb) =>
    [
        verb.Create("backup", "Write the whole database to a file; the master key is not in it", BackUpAsync, Path, Force),
        verb.Create("restore", "Put a backup in the place of the database", RestoreAsync, Path, Force),
        verb.Create("rehearse", "Restore a backup into a database of its own, look at it, and drop it", RehearseAsync, Path),
    ];

    private static async Task BackUpAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var made = await host.Get<Backups>().WriteAsync(call.Value(Path), call.Value(Force), call.Ct);
        string keep = $"The master key is not in it: keep a copy of {MasterKey.FileIn(host.DataDirectory)} (or KICKMONITOR_MASTER_KEY) somewhere else. Without it sign-ins, secrets and linked accounts in this backup are lost.";
        if (call.Output.IsJson)
        {
            call.Output.Json(new { file = made.Path, made.Bytes, made.Server, schema = made.Migrations[^1], keyFingerprint = made.KeyFingerprint, note = keep });
            return;
        }

        call.Output.Line($"Wrote {made.Path} ({Plain.Number(made.Bytes / 1024)} KiB).");
        call.Output.Line(keep);
    }

    private static async Task RestoreAsync(Invocation call)
    {
        await using var host = await call.OpenAsync(DatabaseUse.AsItIs);
        var restored = await host.Get<Restoration>().RunAsync(call.Value(Path), call.Value(Force), call.Ct);
        string? key = restored.IsKeyRight switch
        {
            true => null,
            null => "There is no master key here. Put the one that the backup was made with into the data directory, or set KICKMONITOR_MASTER_KEY, before a server starts.",
            false => "The backup was made with another master key than the one here. A server with this one will refuse to start; give it the key that belongs to the backup.",
        };
        if (call.Output.IsJson)
        {
            call.Output.Json(new { file = restored.File.Path, schema = restored.File.Migrations[^1], pending = restored.Pending, rightKey = restored.IsKeyRight, note = key });
            return;
        }

        call.Output.Line($"Restored {restored.File.Path}, made from PostgreSQL {restored.File.Server}.{(restored.Pending.Count > 0 ? $" The next start applies {restored.Pending.Count} migrations." : string.Empty)}");
        if (key is not null)
        {
            call.Output.Line(key);
        }
    }

    private static async Task RehearseAsync(Invocation call)
    {
        await using var host = await call.OpenAsync(DatabaseUse.AsItIs);
        var report = await host.Get<Rehearsal>().RunAsync(call.Value(Path), call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { file = call.Value(Path), report.Tables, report.Users, report.Streamers, rightKey = report.IsReadable });
            return;
        }

        call.Output.Line($"{call.Value(Path)} can be restored: {report.Tables} tables, {Plain.Number(report.Users)} users, {Plain.Number(report.Streamers)} streamers.");
        call.Output.Line(report.IsReadable switch
        {
            true => "The master key here opens what is encrypted in it.",
            false => "The master key here does not open what is encrypted in it; the one it was made with is needed.",
            null => "Whether a master key opens what is encrypted in it was not tried: there is none here.",
        });
    }
}
