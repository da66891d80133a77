using System.CommandLine;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Web.Cli;

internal static class KeyVerbs
{
    private static readonly Option<string?> File = new("--file") { Description = "Where the new key is written, or stands already; needed when the key is given as a setting" };

    private static readonly Option<bool> Force = new("--force") { Description = "Go on although the old key does not open everything; what it does not open is lost" };

    public static Command Create(Verb verb) => Verb.Group(
        "keys", "The master key, under which everything secret is encrypted",
        verb.Create("rotate", "Replace it and all keys under it, while no node runs; every session ends", RotateAsync, File, Force));

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

        switch (await host.Get<KeyRotation>().RotateAsync(host.Get<MasterKey>(), file, call.Ct, call.Value(Force)))
        {
            case RotateKeys.OtherKey:
                throw new CliFailure(ExitCode.Refused, "The database belongs to another master key.", "Use the key that the server uses.");
            case RotateKeys.WouldLose(var values):
                throw new CliFailure(ExitCode.Refused, $"The key opens all but {values} of the secrets, and those would be lost for good.", "If there is no other key that opens them, add --force. Nothing was changed.");
            case RotateKeys.StillRunning(var nodes):
                throw new CliFailure(ExitCode.Refused, $"Still running: {string.Join(", ", nodes)}.", "Stop every node first; one that was killed counts as running for 20 seconds. Nothing was changed.");
            case RotateKeys.Finished:
                Tell(call, file, new Resealed(0, 0), 0, "The database was under the new master key already");
                break;
            case RotateKeys.Rotated(var secrets, var sessions):
                Tell(call, file, secrets, sessions, $"The database is under a new master key and a new key ring: {secrets.Values} secrets are sealed anew, {sessions} sessions are over");
                break;
        }
    }

    private static void Tell(Invocation call, string file, Resealed secrets, int sessions, string what)
    {
        if (call.Output.IsJson)
        {
            call.Output.Json(new { rotated = true, file, secrets = secrets.Values, secrets.Unreadable, sessionsEnded = sessions });
            return;
        }

        call.Output.Line($"{what}. The key is in {file}: start every node with it, and keep a copy of it apart from the backups. Old backups still open with the old key: destroy them.");
        if (secrets.Unreadable > 0)
        {
            call.Output.Line($"{secrets.Unreadable} secrets could not be read with the old key either and were left as they were.");
        }
    }
}
