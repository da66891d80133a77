using System.Diagnostics;

namespace KickMonitor.Benchmarks.Machinery;

/// <summary>Published, ahead-of-time compiled builds of what is measured, as they would be installed.</summary>
internal static class Build
{
    public static string Root { get; } = FindRoot();

    /// <param name="asInstalled">With the framework compiled in: takes five minutes, and changes the start and the memory, not the speed.</param>
    /// <returns>The program.</returns>
    public static async Task<string> PublishAsync(string project, CancellationToken ct, bool asInstalled = false)
    {
        string artifacts = Path.Combine(Root, "artifacts", asInstalled ? "installed" : "benchmarks"), folder = Path.Combine(artifacts, project);
        string[] quickly = asInstalled ? [] : ["-p:SelfContained=false", "-p:PublishReadyToRunComposite=false"];
        Report.Say($"publishing {project}…");
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet", ["publish", project, "-c", "Release", "--os", "linux", .. quickly, "--artifacts-path", artifacts, "-o", folder, "-v", "q", "--nologo"])
        { WorkingDirectory = Root, RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? Path.Combine(folder, project == "KickMonitor.Web" ? "kickmonitor" : project) : throw new InvalidOperationException($"{project} could not be published:\n{output}");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KickMonitor.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The benchmarks run in a checkout.");
    }
}
