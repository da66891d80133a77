using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace KickMonitor.Benchmarks.Machinery;

/// <summary>Stands between the product and the stand-in, and notes when the first answer that carries a marked title leaves.</summary>
internal sealed partial class Relay : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _kick;
    private readonly ConcurrentDictionary<int, double> _sentAt = new();

    private Relay(Uri kick)
    {
        _kick = new HttpClient { BaseAddress = kick };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(PassAsync);
    }

    public Uri Address => new(_app.Urls.First());

    public static async Task<Relay> StartAsync(Uri kick, CancellationToken ct)
    {
        var relay = new Relay(kick);
        await relay._app.StartAsync(ct);
        return relay;
    }

    public static string Mark(int number) => string.Create(CultureInfo.InvariantCulture, $"mark-{number:D6}");

    /// <summary>Milliseconds since 1970, the browser's measure; null while no answer has carried the mark.</summary>
    public double? SentAt(int number) => _sentAt.TryGetValue(number, out double at) ? at : null;

    public static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _kick.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, context.Request.Path + context.Request.QueryString);
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var answer = await _kick.SendAsync(request, context.RequestAborted);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        double now = Now();
        foreach (Match mark in Marks().Matches(Encoding.UTF8.GetString(body)))
        {
            _sentAt.TryAdd(int.Parse(mark.Groups["number"].ValueSpan, CultureInfo.InvariantCulture), now);
        }

        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    [GeneratedRegex("mark-(?<number>[0-9]{6})", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marks();
}
