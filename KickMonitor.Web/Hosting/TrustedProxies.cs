using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace KickMonitor.Web.Hosting;

/// <summary>
/// Proxies say whom they speak for in headers that anybody can write. They are believed only when they come from an address that
/// the operator named; the Host is never taken from them.
/// </summary>
public static class TrustedProxies
{
    public static void UseTrustedProxies(this WebApplication app)
    {
        var networks = Parse(app.Services.GetRequiredService<IOptions<SiteOptions>>().Value.TrustedProxies);
        if (networks is not { Count: > 0 })
        {
            return;
        }

        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        networks.ForEach(options.KnownIPNetworks.Add);
        app.UseForwardedHeaders(options);
    }

    /// <returns>Null if one of them is neither an address nor a network.</returns>
    internal static List<System.Net.IPNetwork>? Parse(string? text)
    {
        var networks = new List<System.Net.IPNetwork>();
        foreach (string part in (text ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (System.Net.IPNetwork.TryParse(part, out var network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(part, out var address))
            {
                networks.Add(new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                return null;
            }
        }

        return networks;
    }
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class NetworkListAttribute() : ValidationAttribute("TrustedProxies must be addresses or networks like 10.0.0.0/8, separated by commas.")
{
    public override bool IsValid(object? value) => TrustedProxies.Parse(value as string) is not null;
}
