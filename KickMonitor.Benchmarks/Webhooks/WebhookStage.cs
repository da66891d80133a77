using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks.Webhooks;

/// <summary>The product, which takes what these deliveries' key has signed.</summary>
internal sealed class WebhookStage : IAsyncDisposable
{
    private readonly Stage _stage;

    private WebhookStage(Stage stage, string keyFile) => (_stage, KeyFile) = (stage, keyFile);

    public Server Server => _stage.Server;

    public TemporaryDatabase Database => _stage.Database;

    /// <summary>The public key, for others.</summary>
    public string KeyFile { get; }

    public long[] Broadcasters { get; private set; } = [];

    public static async Task<WebhookStage> SetAsync(SignedDeliveries deliveries, int streamers, CancellationToken ct)
    {
        string keyFile = Path.GetTempFileName();
        await File.WriteAllTextAsync(keyFile, deliveries.PublicKeyPem, ct);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["KICK_PUBLIC_KEY"] = keyFile, ["Monitor__Interval"] = "3600" };
        var stage = new WebhookStage(await Stage.SetAsync(new SandboxOptions { Streamers = streamers, Live = 0, Alive = false }, settings, ct), keyFile);
        await stage._stage.StartAsync(ct);
        await stage._stage.WaitForRoundAsync(1, ct);
        stage.Broadcasters = [.. stage._stage.Kick.World.Streamers.Select(s => s.Id)];
        return stage;
    }

    public Task<long> StoredAsync(CancellationToken ct) => Database.ScalarAsync<long>("SELECT count(*) FROM events", ct);

    /// <summary>Waits until nothing is left to be handled.</summary>
    public async Task HandledAsync(CancellationToken ct)
    {
        while (await Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE state = 'pending'", ct) > 0)
        {
            Server.ThrowIfGone();
            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        }
    }

    /// <summary>Forgets all deliveries, so that the same ones are news again.</summary>
    public Task ForgetAsync(CancellationToken ct) => Database.ExecuteAsync("TRUNCATE events, action_ledger, event_stats, channel_tallies", ct);

    public async ValueTask DisposeAsync()
    {
        await _stage.DisposeAsync();
        File.Delete(KeyFile);
    }
}
