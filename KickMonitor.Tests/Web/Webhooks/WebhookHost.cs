using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Tests.Web.Webhooks;

/// <summary>The reception on a socket, with a database and a key pair of its own.</summary>
public sealed class WebhookHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookHost(WebApplication app, RSA key, string database) => (_app, Key, Database) = (app, key, database);

    public RSA Key { get; }

    public string Database { get; }

    public IServiceProvider Services => _app.Services;

    public HttpClient Kick { get; private set; } = null!;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<WebhookHost> StartAsync(string database, Action<Dictionary<string, string?>>? settings = null, RSA? key = null)
    {
        key ??= RSA.Create(2048);
        var configuration = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Kick:PublicKey"] = key.ExportSubjectPublicKeyInfoPem(),
            ["Kick:ApiBaseUrl"] = "http://localhost:9",
            ["Kick:IdBaseUrl"] = "http://localhost:9",
        };
        settings?.Invoke(configuration);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(configuration);
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(TimeProvider.System).AddRouting().AddLogging(log => log.SetMinimumLevel(LogLevel.None))
            .AddStorage(new DatabaseAddress(database)).AddKick().AddMonitoring().AddStreamers().AddAccounts().AddEvents().AddWebhooks();
        builder.Services.AddHostedService(services => services.GetRequiredService<Bus>());
        var app = builder.Build();
        app.UseWebhooks();
        await app.StartAsync();
        var host = new WebhookHost(app, key, database);
        host.Kick = new HttpClient { BaseAddress = host.Address };
        return host;
    }

    public string Sign(string id, string timestamp, byte[] body) =>
        Convert.ToBase64String(Key.SignData(Signed(id, timestamp, body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static byte[] Signed(string id, string timestamp, byte[] body) => [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];

    public static string Now(TimeSpan ago = default) => (DateTimeOffset.UtcNow - ago).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Sends a genuine delivery, but for what the caller spoils.</summary>
    public async Task<HttpResponseMessage> SendAsync(string id, string type, byte[] body, Action<HttpRequestMessage>? spoil = null, string? timestamp = null)
    {
        timestamp ??= Now();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/kick") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Kick-Event-Message-Id", id);
        request.Headers.Add("Kick-Event-Message-Timestamp", timestamp);
        request.Headers.Add("Kick-Event-Type", type);
        request.Headers.Add("Kick-Event-Version", "1");
        request.Headers.Add("Kick-Event-Subscription-Id", "01M4ABCDEF0000000000000001");
        request.Headers.Add("Kick-Event-Signature", Sign(id, timestamp, body));
        spoil?.Invoke(request);
        return await Kick.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<int> StatusAsync(string id, string type, byte[] body, Action<HttpRequestMessage>? spoil = null, string? timestamp = null)
    {
        using var answer = await SendAsync(id, type, body, spoil, timestamp);
        (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
        return (int)answer.StatusCode;
    }

    public async Task<long> CountAsync(string where = "true")
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM events WHERE {where}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Kick.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Key.Dispose();
        NpgsqlConnection.ClearPool(new NpgsqlConnection(Database));
    }
}

/// <summary>One host for a class of tests.</summary>
public sealed class SharedWebhookHost(Postgres postgres) : IAsyncLifetime
{
    public WebhookHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await WebhookHost.StartAsync(await postgres.CreateDatabaseAsync(isEmpty: false));

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
