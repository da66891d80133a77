using KickMonitor.Web.Hosting;

return await Server.RunAsync(args);
