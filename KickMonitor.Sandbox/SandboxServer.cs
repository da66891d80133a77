using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace KickMonitor.Sandbox;

/// <summary>All of Kick's hosts behind one loopback address.</summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SandboxServer(WebApplication app, Uri baseAddress) => (_app, BaseAddress) = (app, baseAddress);

    public Uri BaseAddress { get; }

    public World World => _app.Services.GetRequiredService<World>();

    public Faults Faults => _app.Services.GetRequiredService<Faults>();

    public RequestHistory Requests => _app.Services.GetRequiredService<RequestHistory>();

    public AppTokens Tokens => _app.Services.GetRequiredService<AppTokens>();

    public KickGrants Grants => _app.Services.GetRequiredService<KickGrants>();

    public TwitchGrants TwitchGrants => _app.Services.GetRequiredService<TwitchGrants>();

    public Signing Signing => _app.Services.GetRequiredService<Signing>();

    public EventSubscriptions Subscriptions => _app.Services.GetRequiredService<EventSubscriptions>();

    public Webhooks Webhooks => _app.Services.GetRequiredService<Webhooks>();

    public SampleEvents Samples => _app.Services.GetRequiredService<SampleEvents>();

    public string ClientId => _app.Services.GetRequiredService<SandboxOptions>().ClientId;

    public string ClientSecret => _app.Services.GetRequiredService<SandboxOptions>().ClientSecret;

    public static async Task<SandboxServer> StartAsync(SandboxOptions options, TimeProvider? time = null, CancellationToken ct = default)
    {
        var app = Build(options, time ?? TimeProvider.System);
        try
        {
            await app.StartAsync(ct);
            var address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
            return new SandboxServer(app, new Uri(address));
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static WebApplication Build(SandboxOptions options, TimeProvider time)
    {
        // Empty: it must not read the settings, ports and signals of the process it may be a guest in.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services
            .AddRouting()
            .Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1))
            .ConfigureHttpJsonOptions(http => http.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower)))
            .AddSingleton<IHostLifetime, GuestLifetime>()
            .AddSingleton(options)
            .AddSingleton(time)
            .AddSingleton(new Faults(options.Seed, time))
            .AddSingleton(services => services.GetRequiredService<Faults>().Distortions)
            .AddSingleton<World>()
            .AddSingleton<RestView>()
            .AddSingleton<AppTokens>()
            .AddSingleton<KickGrants>()
            .AddSingleton<TwitchGrants>()
            .AddSingleton<Signing>()
            .AddSingleton<WebhookFaults>()
            .AddSingleton<EventSubscriptions>()
            .AddSingleton<Webhooks>()
            .AddSingleton<SampleEvents>()
            .AddSingleton<RequestHistory>();

        var app = builder.Build();
        _ = app.Services.GetRequiredService<Webhooks>();
        app.Use(NoteAsync);
        app.UseMiddleware<FaultyAnswers>();
        app.MapKick();
        app.MapSteering();
        app.Map("/{**path}", () => Answer.NotFound()).WithDisplayName(RequestHistory.Unknown);
        return app;
    }

    private static async Task NoteAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/sandbox", StringComparison.Ordinal)
            || context.Request.Path.StartsWithSegments("/pictures", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        var request = context.RequestServices.GetRequiredService<RequestHistory>().Add(context);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
        }
        finally
        {
            request.Status = context.Response.StatusCode;
        }
    }
}
