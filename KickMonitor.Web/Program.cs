using KickMonitor.Web.Cli;
using KickMonitor.Web.Hosting;

int exitCode = await CommandLine.InvokeAsync(args, Server.RunAsync);

// Threads of a scheduler that still waits for its database would keep the process.
Environment.Exit(exitCode);
