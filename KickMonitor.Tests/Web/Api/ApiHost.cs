using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Sandbox;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Api;
using KickMonitor.Web.Hosting;
using KickMonitor.Web.Hubs;
using KickMonitor.Web.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace KickMonitor.Tests.Web.Api;

/// <summary>The API and the hub on a socket, with a database of its own and a Kick of its own in which nothing moves by itself.</summary>
public class ApiHost(Postgres postgres) : IAsyncLifetime
{
    private WebApplication _app = null!;
    private string _database = null!;
    private int _people;

    public SandboxServer Kick { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    public LiveBoard Board => Services.GetRequiredService<LiveBoard>();

    public People People => Services.GetRequiredService<People>();

    public Assignments Assignments => Services.GetRequiredService<Assignments>();

    public StreamerDirectory Directory => Services.GetRequiredService<StreamerDirectory>();

    public virtual async ValueTask InitializeAsync()
    {
        _database = await postgres.BorrowAsync();
        Kick = await SandboxServer.StartAsync(new SandboxOptions { Streamers = 20, Live = 0, Alive = false });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        ((IConfigurationBuilder)builder.Configuration).Add(new StoredSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PublicUrl"] = "http://monitor.example",
            ["Kick:ClientId"] = Kick.ClientId,
            ["Kick:ClientSecret"] = Kick.ClientSecret,
            ["Kick:ApiBaseUrl"] = Kick.BaseAddress.ToString(),
            ["Kick:IdBaseUrl"] = Kick.BaseAddress.ToString(),
            ["Monitor:RequestsPerSecond"] = "100",
        });
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(TimeProvider.System).AddRouting().AddLogging(log => log.SetMinimumLevel(LogLevel.None))
            .AddStorage(new DatabaseAddress(_database)).AddSettings().AddSite().AddKick().AddMonitoring().AddStreamers().AddAccounts().AddEvents().AddLinking().AddMail().AddAccess().AddApi();
        builder.Services.AddQuartz().AddQuartzExecutionHistory().AddSingleton<JobBoard>();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddHostedService(services => services.GetRequiredService<Bus>());

        _app = builder.Build();
        _app.UseRouting();
        _app.UseApi();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.UseActor();
        _app.MapApi();
        LiveHub.Map(_app);
        _app.MapPost("/test/sign-in/{id:guid}", SignInAsync).AllowAnonymous();
        _app.MapGet("/api/test/failure", IResult () => throw new InvalidOperationException("the secret reason")).AllowAnonymous();

        Prepare(Services);
        await Services.GetRequiredService<Rights>().StartAsync(CancellationToken.None);
        await Board.StartAsync(CancellationToken.None);
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single());
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Kick.DisposeAsync();
        await postgres.ReturnAsync(_database);
    }

    public IEnumerable<(string Method, string Route)> Routes() => Scopes().Select(s => (s.Method, s.Route));

    public IEnumerable<(string Method, string Route, TokenScope? Scope)> Scopes() =>
        from endpoint in Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let route = "/" + endpoint.RoutePattern.RawText?.Trim('/')
        where !route.StartsWith("/test", StringComparison.Ordinal) && !route.StartsWith("/api/test", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]
        select (method, route, endpoint.Metadata.GetMetadata<NeedsScope>()?.Scope);

    /// <summary>A client that brings this token; null: nobody.</summary>
    public HttpClient As(string? token)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public HttpClient As(Person person) => As(person.Token);

    /// <summary>A browser in which this person is signed in.</summary>
    public async Task<HttpClient> SignedInAsync(Person person)
    {
        var client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = Address };
        (await client.PostAsync($"/test/sign-in/{person.Id}", null)).EnsureSuccessStatusCode();
        return client;
    }

    public async Task<Person> AddPersonAsync(Role role, params string[] sees)
    {
        string email = $"person{Interlocked.Increment(ref _people)}@example.com";
        var created = (CreateUser.Created)await People.CreateAsync(email, role, "long enough pw 1", CancellationToken.None);
        var (text, token) = await Services.GetRequiredService<ApiTokens>().CreateAsync(created.User.Id, "test", CancellationToken.None);
        foreach (string slug in sees)
        {
            await Assignments.AssignAsync(created.User.Id, IdOf(slug), CancellationToken.None);
        }

        await Services.GetRequiredService<Rights>().ReadAsync(CancellationToken.None);
        return new Person(created.User.Id, email, text, token.Id);
    }

    /// <summary>Another token of the same person, good for these uses only.</summary>
    public async Task<Person> NarrowAsync(Person person, params TokenScope[] scopes)
    {
        var (text, token) = await Services.GetRequiredService<ApiTokens>().CreateAsync(person.Id, "narrow", CancellationToken.None, scopes);
        return person with { Token = text, TokenId = token.Id };
    }

    /// <summary>Watches a channel, which Kick gets first if it has none of that name.</summary>
    public async Task<string> WatchAsync(string slug)
    {
        _ = Kick.World.Find(slug) ?? Kick.World.Add(slug);
        (await Directory.AddAsync(slug, CancellationToken.None)).ShouldBeOfType<AddStreamer.Added>();
        await Board.CatchUpAsync(CancellationToken.None);
        return slug;
    }

    public long IdOf(string slug) => Board.Snapshot.Find(slug).ShouldNotBeNull().BroadcasterUserId;

    /// <summary>Asks Kick about these now, as the sweep would.</summary>
    public async Task CheckAsync(params string[] slugs)
    {
        await Services.GetRequiredService<Sweep>().CheckNowAsync([.. slugs.Select(IdOf)], CancellationToken.None);
        await Board.CatchUpAsync(CancellationToken.None);
    }

    /// <summary>Another node on the same database, of which nothing runs by itself.</summary>
    protected ServiceProvider AddNode() => new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()).AddLogging().AddSingleton(TimeProvider.System)
        .AddStorage(new DatabaseAddress(_database)).AddSettings().AddKick().AddMonitoring().AddStreamers().AddAccounts().AddDataProtection().UseEphemeralDataProtectionProvider().Services.BuildServiceProvider();

    protected virtual void Prepare(IServiceProvider services)
    {
    }

    private static async Task<IResult> SignInAsync(Guid id, SignInManager<User> signIn, UserManager<User> users)
    {
        await signIn.SignInAsync((await users.FindByIdAsync(id.ToString()))!, isPersistent: false);
        return TypedResults.NoContent();
    }

    public sealed record Person(Guid Id, string Email, string Token, Guid TokenId);
}

internal static class Answers
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>();

    public static async Task<JsonElement> ReadAsync(this HttpClient client, string path)
    {
        var answer = await client.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }

    /// <summary>Every refusal has the same form.</summary>
    public static async Task<JsonElement> ShouldBeProblemAsync(this HttpResponseMessage answer, int status)
    {
        string body = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, body);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(body).RootElement;
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        return problem;
    }

    public static List<string?> Strings(this JsonElement items, string name) => [.. items.EnumerateArray().Select(i => i.GetProperty(name).GetString())];
}

internal static class Wait
{
    /// <summary>What a change causes comes over the database's notices, a moment later.</summary>
    public static async Task UntilAsync(Func<Task<bool>> happened, int seconds = 10)
    {
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); !await happened(); await Task.Delay(20))
        {
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(seconds), "It never happened.");
        }
    }
}
