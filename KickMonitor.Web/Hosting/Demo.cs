using KickMonitor.Domain.Kick;
using KickMonitor.Sandbox;

namespace KickMonitor.Web.Hosting;

/// <summary>Whether what people see is invented.</summary>
public sealed record DemoMode(bool IsOn);

/// <summary>The stand-in for Kick that runs along while there are no credentials, so that there is something to watch.</summary>
public sealed class Demo : IAsyncDisposable
{
    private const int Streamers = 120;
    private readonly SandboxServer _sandbox;

    private Demo(SandboxServer sandbox) => _sandbox = sandbox;

    /// <summary>Slugs to begin with.</summary>
    public IReadOnlyList<string> Slugs => [.. _sandbox.World.Streamers.Select(s => s.Slug)];

    /// <returns>Null outside of demo mode: with credentials, or in production.</returns>
    public static async Task<Demo?> StartAsync(WebApplicationBuilder builder)
    {
        var kick = builder.Configuration.GetSection(KickOptions.Section).Get<KickOptions>() ?? new KickOptions();
        if (kick.HasCredentials || builder.Environment.IsProduction())
        {
            return null;
        }

        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Streamers = Streamers, Live = 0.35, Speed = 10 });
        string address = sandbox.BaseAddress.ToString().TrimEnd('/');
        builder.Configuration.AddInMemoryCollection(
        [
            new("Kick:ClientId", sandbox.ClientId),
            new("Kick:ClientSecret", sandbox.ClientSecret),
            new("Kick:ApiBaseUrl", address),
            new("Kick:IdBaseUrl", address),
            new("Kick:SiteBaseUrl", address),
        ]);
        return new Demo(sandbox);
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();
}
