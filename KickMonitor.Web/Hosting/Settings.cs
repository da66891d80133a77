namespace KickMonitor.Web.Hosting;

/// <summary>Stands in for the settings that the server brings, until the two meet.</summary>
public static class Settings
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["KICKMONITOR_DATA"] = "DataDirectory",
        ["KICK_CLIENT_ID"] = "Kick:ClientId",
        ["KICK_CLIENT_SECRET"] = "Kick:ClientSecret",
        ["KICK_API_URL"] = "Kick:ApiBaseUrl",
        ["KICK_ID_URL"] = "Kick:IdBaseUrl",
        ["KICK_SITE_URL"] = "Kick:SiteBaseUrl",
        ["MONITOR_INTERVAL"] = "Monitor:Interval",
        ["BATCH_SIZE"] = "Monitor:BatchSize",
    };

    public static IConfigurationManager AddKickMonitorNames(this IConfigurationManager configuration)
    {
        var found = Names.Where(n => !string.IsNullOrEmpty(configuration[n.Key])).ToDictionary(n => n.Value, n => configuration[n.Key]);
        configuration.AddInMemoryCollection(found);
        return configuration;
    }

    public static string DataDirectory(IConfiguration configuration)
    {
        string here = Directory.GetCurrentDirectory();
        bool isCheckout = File.Exists(Path.Combine(here, "KickMonitor.sln")) || Path.Exists(Path.Combine(here, ".git"));
        return configuration["DataDirectory"] is { Length: > 0 } named ? named : isCheckout ? Path.Combine(here, ".data") : "/var/lib/kickmonitor";
    }
}
