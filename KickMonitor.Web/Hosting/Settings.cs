using KickMonitor.Domain.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace KickMonitor.Web.Hosting;

/// <summary>The flat upper-case names that settings also have, for shells and containers.</summary>
public static class Settings
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["KICKMONITOR_DATA"] = "DataDirectory",
        ["KICKMONITOR_PUBLIC_URL"] = "PublicUrl",
        ["KICKMONITOR_TRUSTED_PROXIES"] = "TrustedProxies",
        ["KICKMONITOR_MASTER_KEY"] = "MasterKey",
        ["KICKMONITOR_ADMIN_EMAIL"] = "Admin:Email",
        ["KICKMONITOR_ADMIN_PASSWORD"] = "Admin:Password",
        ["KICK_CLIENT_ID"] = "Kick:ClientId",
        ["KICK_CLIENT_SECRET"] = "Kick:ClientSecret",
        ["KICK_API_URL"] = "Kick:ApiBaseUrl",
        ["KICK_ID_URL"] = "Kick:IdBaseUrl",
        ["KICK_SITE_URL"] = "Kick:SiteBaseUrl",
        ["KICK_SOCKET_URL"] = "Kick:SocketUrl",
        ["KICK_WEBHOOK_PATH"] = "Kick:WebhookPath",
        ["KICK_PUBLIC_KEY"] = "Kick:PublicKey",
        ["TWITCH_CLIENT_ID"] = "Twitch:ClientId",
        ["TWITCH_CLIENT_SECRET"] = "Twitch:ClientSecret",
        ["TWITCH_API_URL"] = "Twitch:ApiBaseUrl",
        ["TWITCH_ID_URL"] = "Twitch:IdBaseUrl",
        ["MONITOR_INTERVAL"] = "Monitor:Interval",
        ["BATCH_SIZE"] = "Monitor:BatchSize",
        ["LOG_LEVEL"] = "Logging:LogLevel:Default",
    };

    private static readonly Dictionary<string, string?> Defaults = new(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",

        // These write whole addresses, and the way back from a provider has a code in it.
        // Where it may say nothing, it makes no trace and no scope either: RequestTrace does, where somebody reads it.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Logging:LogLevel:Quartz"] = "Warning",

        // A failed command is thrown to whoever sent it, and they say what it means.
        ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "None",
    };

    /// <summary>Makes the flat names answer, and what Admins have set; the standard form of a name (<c>Kick__ClientId</c>) wins over its flat one.</summary>
    public static IConfigurationManager AddKickMonitorNames(this IConfigurationManager configuration)
    {
        var named = Names.Where(n => configuration[n.Key] is { Length: > 0 }).ToDictionary(n => n.Value, n => configuration[n.Key]);
        if (configuration["PORT"] is { Length: > 0 } port && configuration["urls"] is not { Length: > 0 })
        {
            named["urls"] = $"http://localhost:{port}";
        }

        var source = new NamedSettings("environment", named);
        configuration.Sources.Insert(0, new NamedSettings("default", Defaults));
        configuration.Sources.Insert(1, new StoredSettings());
        int environment = configuration.Sources.ToList().FindIndex(s => s is EnvironmentVariablesConfigurationSource { Prefix: null or "" });
        configuration.Sources.Insert(environment < 0 ? configuration.Sources.Count : environment, source);
        return configuration;
    }

    /// <summary>Where keys and the embedded database are kept.</summary>
    public static string DataDirectory(this IConfiguration configuration) =>
        Path.GetFullPath(configuration["DataDirectory"] is { Length: > 0 } named ? named : IsCheckout() ? ".data" : "/var/lib/kickmonitor");

    private static bool IsCheckout() => File.Exists("KickMonitor.sln") || Directory.Exists(".git") || File.Exists(".git");
}
