using System.Net.Http.Headers;
using System.Text.Json;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Contract;

/// <summary>An empty, still sandbox, and somebody with a token to ask it.</summary>
public abstract class ContractTest : IAsyncLifetime
{
    protected TestClock Clock { get; } = new();

    protected SandboxServer Sandbox { get; private set; } = null!;

    protected HttpClient Kick { get; private set; } = null!;

    protected World World => Sandbox.World;

    protected Faults Faults => Sandbox.Faults;

    protected virtual SandboxOptions Options => new() { Alive = false };

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(Options, Clock, Ct);
        Kick = new HttpClient { BaseAddress = Sandbox.BaseAddress };
        Kick.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Sandbox.Tokens.Issue());
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Kick.Dispose();
        await Sandbox.DisposeAsync();
    }

    protected Streamer Lana(int viewers = 412) =>
        World.GoLive(World.Add("lana-lantern", "Lana_Lantern").Id, viewers, "Ranked <3 & chill", "Dota 2", Clock.GetUtcNow());

    protected async Task<Reply> GetAsync(string path) => await Reply.OfAsync(await Kick.GetAsync(path, Ct));

    protected async Task<Reply> PostAsync(string path, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await Reply.OfAsync(await Kick.PostAsync(path, content, Ct));
    }

    protected Task<Reply> AskForTokenAsync() => PostAsync(
        "/oauth/token", ("grant_type", "client_credentials"), ("client_id", Sandbox.ClientId), ("client_secret", Sandbox.ClientSecret));

    protected static string Repeated(string name, int count) => string.Join('&', Enumerable.Range(1, count).Select(i => $"{name}={i}"));

    protected sealed record Reply(int Status, string? ContentType, string Body, HttpResponseMessage Message)
    {
        public JsonElement Json => JsonDocument.Parse(Body).RootElement;

        public JsonElement Data => Json.GetProperty("data");

        public JsonElement Only => Data.EnumerateArray().ShouldHaveSingleItem();

        public static async Task<Reply> OfAsync(HttpResponseMessage message)
        {
            // Reading the body parses this header, and from then on it is no longer as it was sent.
            var type = message.Content.Headers.NonValidated.TryGetValues("Content-Type", out var sent) ? sent.ToString() : null;
            return new((int)message.StatusCode, type, await message.Content.ReadAsStringAsync(Ct), message);
        }

        public void ShouldBe(int status, string body)
        {
            Status.ShouldBe(status);
            Body.ShouldBe(body);
        }
    }
}
