using KickMonitor.Web.Cli;
using KickMonitor.Web.Hosting;

return await CommandLine.InvokeAsync(args, Server.RunAsync);
