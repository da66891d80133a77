using System.Diagnostics;

namespace KickMonitor.Domain.Storage.Embedded;

internal static class Shell
{
    public static async Task<(int ExitCode, string Output)> RunAsync(string[] command, CancellationToken ct)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start) ?? throw new EmbeddedPostgresException($"{command[0]} could not be started.");
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, await output + await error);
    }
}
