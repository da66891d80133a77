using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Kick;
using KickMonitor.Sandbox;

namespace KickMonitor.Web.Hosting;

/// <summary>Whether what people see is invented.</summary>
public sealed record DemoMode(bool IsOn);

/// <summary>The stand-in for Kick that runs along while there are no credentials, so that there is something to watch.</summary>
public sealed class Demo : IAsyncDisposable
{
    private const int Streamers = 120;
    private const string AddressFile = "kick.address";
    private readonly SandboxServer _sandbox;
    private readonly string _address;
    private readonly string _addressFile;
    private Timer? _crowd;

    private Demo(SandboxServer sandbox, string address, string addressFile) => (_sandbox, _address, _addressFile) = (sandbox, address, addressFile);

    /// <summary>Slugs to begin with.</summary>
    public IReadOnlyList<string> Slugs => [.. _sandbox.World.Streamers.Select(s => s.Slug)];

    /// <summary>Without credentials and outside of production, what people see is invented.</summary>
    public static bool IsOn(IConfiguration configuration, string environment) =>
        !string.Equals(environment, Environments.Production, StringComparison.OrdinalIgnoreCase)
        && !(configuration.GetSection(KickOptions.Section).Get<KickOptions>() ?? new KickOptions()).HasCredentials;

    /// <summary>What the demo invents must never mix with what was watched on kick.com.</summary>
    public static string Directory(IConfiguration configuration) => Path.Combine(configuration.DataDirectory(), "demo");

    /// <summary>Where a running demo's Kick is, and the key to it, for the command line.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Settings(IConfiguration configuration)
    {
        string file = Path.Combine(Directory(configuration), AddressFile);
        return File.Exists(file) ? Settings(File.ReadAllText(file).Trim(), new SandboxOptions()) : [];
    }

    /// <returns>Null outside of demo mode.</returns>
    public static async Task<Demo?> StartAsync(WebApplicationBuilder builder)
    {
        if (!IsOn(builder.Configuration, builder.Environment.EnvironmentName))
        {
            return null;
        }

        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Streamers = Streamers, Live = 0.35, Speed = 10 });
        string address = sandbox.BaseAddress.ToString().TrimEnd('/');
        string file = Path.Combine(System.IO.Directory.CreateDirectory(Directory(builder.Configuration)).FullName, AddressFile);
        ((IConfigurationBuilder)builder.Configuration).Add(new NamedSettings("the demo", Settings(address, new SandboxOptions())));
        return new Demo(sandbox, address, file);
    }

    /// <summary>Lets the command line find the stand-in; only once no other demo can be running here.</summary>
    public Task AnnounceAsync() => File.WriteAllTextAsync(_addressFile, _address);

    /// <summary>Has the stand-in deliver its events here, and makes people follow and chat.</summary>
    public void DeliverTo(Uri webhook)
    {
        _sandbox.Webhooks.Url = webhook;
        _crowd ??= new Timer(_ => _sandbox.Samples.MakeSome(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2));
    }

    public ValueTask DisposeAsync()
    {
        _crowd?.Dispose();
        if (File.Exists(_addressFile) && File.ReadAllText(_addressFile) == _address)
        {
            File.Delete(_addressFile);
        }

        return _sandbox.DisposeAsync();
    }

    private static IEnumerable<KeyValuePair<string, string?>> Settings(string address, SandboxOptions options) =>
    [
        new("Kick:ClientId", options.ClientId),
        new("Kick:ClientSecret", options.ClientSecret),
        new("Kick:ApiBaseUrl", address),
        new("Kick:IdBaseUrl", address),
        new("Kick:SiteBaseUrl", address),
        new("Twitch:ClientId", options.ClientId),
        new("Twitch:ClientSecret", options.ClientSecret),
        new("Twitch:IdBaseUrl", address + "/twitch"),
        new("Twitch:ApiBaseUrl", address + "/twitch"),
    ];
}
