using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace KickMonitor.Tests.Browser;

/// <summary>Takes what the program sends to a collector of traces and metrics, as it is sent.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MemoryStream _sent = new();

    private TraceCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public static async Task<TraceCollector> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var collector = new TraceCollector(builder.Build());
        collector._app.Run(collector.TakeAsync);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>All that was sent until this came.</summary>
    public async Task<byte[]> UntilAsync(string mark)
    {
        byte[] sent = [];
        await Eventually.ShouldAsync(() => (sent = Sent()).AsSpan().IndexOf(Encoding.UTF8.GetBytes(mark)) >= 0, $"{mark} is traced");
        return sent;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        lock (_sent)
        {
            body.WriteTo(_sent);
        }
    }

    private byte[] Sent()
    {
        lock (_sent)
        {
            return _sent.ToArray();
        }
    }
}
