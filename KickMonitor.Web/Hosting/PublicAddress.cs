using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace KickMonitor.Web.Hosting;

/// <summary>The address that people use: as configured, else where the server listens. Never what a request claims.</summary>
public sealed class PublicAddress(SiteOptions site, IServer server)
{
    internal const string Fallback = "http://localhost:5080";

    /// <summary>Without a slash at the end.</summary>
    public string Value => (site.PublicUrl is { Length: > 0 } configured ? configured : Listening()).TrimEnd('/');

    public bool IsHttps => Value.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    public string To(string path) => Value + path;

    private string Listening() =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address
            ? address.Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal).Replace("//[::]", "//localhost", StringComparison.Ordinal)
                .Replace("//+", "//localhost", StringComparison.Ordinal).Replace("//*", "//localhost", StringComparison.Ordinal)
            : Fallback;
}
