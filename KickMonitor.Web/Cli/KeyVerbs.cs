using System.CommandLine;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Web.Cli;

internal static class KeyVerbs
{
    private static readonly Option<string?> File = new("--file") { Description = "Where the new key is written, or stands already; needed when the key is given as a setting" };

    public static Command Create(Verb verb) => Verb.Group(
        "keys", "The master key, under which everything secret is encrypted",
        verb.Create("rotate", "Replace it. Every node must be restarted with the new one", RotateAsync, File));

    private static async Task RotateAsync(Invocation call)
    {
        // A rotation that was cut off may have given the database the new key already.
        await using var host = await call.OpenWithAnyKeyAsync();
        string? setting = host.Setting("MasterKey");
        string? file = call.Value(File) ?? (string.IsNullOrWhiteSpace(setting) ? MasterKey.FileIn(host.DataDirectory) : null);
        if (file is null)
        {
            throw new CliFailure(ExitCode.Usage, "The master key is a setting, so the new one needs a place.", "Name a file with --file; then set KICKMONITOR_MASTER_KEY to what it holds.");
        }

        var outcome = await host.Get<KeyRotation>().RotateAsync(host.Get<MasterKey>(), file, call.Ct);
        if (outcome == KeyRotation.Outcome.OtherKey)
        {
            throw new CliFailure(ExitCode.Refused, "The database belongs to another master key.", "Use the key that the server uses.");
        }

        if (call.Output.IsJson)
        {
            call.Output.Json(new { rotated = true, file });
        }
        else
        {
            call.Output.Line($"The database is under the new master key, which is in {file}. Restart every node with it now, and keep a copy apart from the backups.");
        }
    }
}
