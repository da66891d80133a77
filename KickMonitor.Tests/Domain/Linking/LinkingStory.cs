using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>A story in which people link accounts. Nothing runs but what the story runs, and time moves with it.</summary>
public abstract class LinkingStory(Postgres postgres) : IAsyncLifetime
{
    public const string Callback = "https://monitor.example/connect/kick/callback";
    protected const string Browser = "the browser's own secret, 43 characters long";
    protected const string TokenCall = "/oauth/token";
    /// <summary>What the stand-in is like.</summary>
    protected virtual SandboxOptions World => new();

    protected string Keys { get; } = Directory.CreateTempSubdirectory("km-keys-").FullName;

    protected Scenario Scenario { get; private set; } = null!;

    protected IServiceProvider Node { get; private set; } = null!;

    protected SpokenLog Log { get; } = new();

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected Faults Faults => Scenario.Kick.Faults;

    protected RequestHistory Requests => Scenario.Kick.Requests;

    protected KickGrants Grants => Scenario.Kick.Grants;

    protected TestClock Clock => Scenario.Clock;

    protected Provider Kick => Node.GetRequiredService<Providers>().Find("kick")!;

    protected Provider Twitch => Node.GetRequiredService<Providers>().Find("twitch")!;

    protected LinkFlow Flow => Node.GetRequiredService<LinkFlow>();

    protected TokenVault Vault => Node.GetRequiredService<TokenVault>();

    protected Links Links => Node.GetRequiredService<Links>();

    protected LinkKeeper Keeper => Node.GetRequiredService<LinkKeeper>();

    public async ValueTask InitializeAsync()
    {
        Scenario = await Scenario.StartAsync(postgres, withKick: true, World);
        Node = AddNode();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Scenario.DisposeAsync();
        Directory.Delete(Keys, recursive: true);
    }

    protected IServiceProvider AddNode(MasterKey? key = null) => Scenario.AddNode(
        new Dictionary<string, string?>
        {
            ["Twitch:ClientId"] = Scenario.Kick.ClientId,
            ["Twitch:ClientSecret"] = Scenario.Kick.ClientSecret,
            ["Twitch:IdBaseUrl"] = Scenario.Kick.BaseAddress + "twitch",
            ["Twitch:ApiBaseUrl"] = Scenario.Kick.BaseAddress + "twitch",
        },
        key: key ?? MasterKey.Load(null, Keys),
        log: Log);

    protected KickMonitorDb Open() => Node.GetRequiredService<IDbContextFactory<KickMonitorDb>>().CreateDbContext();

    protected async Task<Guid> AddPersonAsync(string name = "lana") =>
        ((CreateUser.Created)await Node.GetRequiredService<People>().CreateAsync($"{name}@example.com", Role.User, "a long enough password", Ct)).User.Id;

    protected async Task<Uri> StartAsync(Guid person, Provider? provider = null, string browser = Browser, string callback = Callback) =>
        (await Flow.StartAsync(provider ?? Kick, person, browser, callback, "/settings/links", Ct)).ShouldBeOfType<StartLink.Go>().Address;

    /// <summary>What the browser would bring back, from an address like the one that the consent page leads to.</summary>
    protected static Return Back(Uri callback, Guid? person, string browser = Browser, string provider = "kick")
    {
        var query = QueryHelpers.ParseQuery(callback.Query);
        string? One(string name) => query.TryGetValue(name, out var value) ? value.ToString() : null;
        return new Return(provider, One("state"), One("code"), One("error"), One("iss"), browser, person);
    }

    protected Task<LinkOutcome> FinishAsync(Return back, Provider? provider = null) => Scenario.RunAsync(Flow.FinishAsync(provider ?? Kick, back, Ct));

    protected async Task<LinkOutcome> LinkAsync(Guid person, long account, Provider? provider = null)
    {
        var address = await StartAsync(person, provider);
        return await FinishAsync(Back(await Consent.AllowAsync(address, account), person, provider: provider?.Name ?? "kick"), provider);
    }

    protected async Task<AccountLink> LinkedAsync(Guid person, long account, Provider? provider = null) =>
        (await LinkAsync(person, account, provider)).ShouldBeOfType<LinkOutcome.Linked>().Link;

    protected async Task<LinkProblem> ProblemAsync(Return back, Provider? provider = null) =>
        (await FinishAsync(back, provider)).ShouldBeOfType<LinkOutcome.Refused>().Problem;

    protected long Streamer(string slug = "lana-lantern") => (Scenario.Kick.World.Find(slug) ?? Scenario.Kick.World.Add(slug)).Id;

    protected async Task<AccountLink> StoredAsync(Guid link)
    {
        await using var db = Open();
        return await db.AccountLinks.AsNoTracking().SingleAsync(l => l.Id == link, Ct);
    }

    protected Task<LinkRound> KeepAsync(bool slow = false) => Scenario.RunAsync(Keeper.RunAsync(Ct), slow, step: slow ? 500 : 100);

    protected long TokenCalls() => Requests.CountOf(TokenCall);
}

/// <summary>A person at a provider's consent page.</summary>
public static class Consent
{
    public static Task<Uri> AllowAsync(Uri authorize, long account) => AnswerAsync(authorize, account, "allow");

    public static Task<Uri> DenyAsync(Uri authorize) => AnswerAsync(authorize, 0, "deny");

    private static async Task<Uri> AnswerAsync(Uri authorize, long account, string answer)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var page = await http.GetAsync(authorize, TestContext.Current.CancellationToken);
        string html = await page.Content.ReadAsStringAsync();
        ((int)page.StatusCode).ShouldBe(200, html);
        var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(html);
        var fields = document.QuerySelectorAll("input[type=hidden]").Select(i => KeyValuePair.Create(i.GetAttribute("name")!, i.GetAttribute("value")!)).ToList();
        fields.Add(new("account", account.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        fields.Add(new("answer", answer));
        using var form = new FormUrlEncodedContent(fields);
        var back = await http.PostAsync(new Uri(authorize, document.QuerySelector("form")!.GetAttribute("action")!), form);
        ((int)back.StatusCode).ShouldBe(302);
        return back.Headers.Location!;
    }
}
