using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>Has events handled as soon as they are stored; looks by itself every second for those whose pause is over.</summary>
public sealed partial class DispatchLoop(Dispatch dispatch, Bus bus, TimeProvider time, ILogger<DispatchLoop> logger) : BackgroundService
{
    private const int Workers = 2;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _news = new(0, 1);
    private bool _isInterrupted;

    public override void Dispose()
    {
        _news.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = bus.Subscribe(Inbox.Topic, _ =>
        {
            Signal();
            return Task.CompletedTask;
        });
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => DrainAsync(stoppingToken)));
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                await Task.WhenAny(_news.WaitAsync(pause.Token), Task.Delay(Look, time, pause.Token));
                await pause.CancelAsync();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!_isInterrupted)
                {
                    Interrupted(e.Message);
                }

                _isInterrupted = true;
                await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Signal()
    {
        try
        {
            _news.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    private async Task DrainAsync(CancellationToken ct)
    {
        while (await dispatch.RunAsync(ct) > 0)
        {
        }

        _isInterrupted = false;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Handling events was interrupted ({Reason}); trying again every second")]
    private partial void Interrupted(string reason);
}
