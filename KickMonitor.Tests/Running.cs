using Microsoft.Extensions.Hosting;

namespace KickMonitor.Tests;

/// <summary>A background service that runs until the end of a block.</summary>
public sealed class Running : IAsyncDisposable
{
    private readonly BackgroundService _service;

    public Running(BackgroundService service)
    {
        _service = service;
        _ = service.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync() => await _service.StopAsync(CancellationToken.None);
}
