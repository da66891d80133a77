using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Events;

/// <summary>
/// Has events handled as soon as they are stored; looks by itself every second for those whose pause is over. While deliveries
/// pour in it leaves most of the machine to their reception.
/// </summary>
public sealed partial class DispatchLoop(Dispatch dispatch, Inbox inbox, Bus bus, TimeProvider time, ILogger<DispatchLoop> logger) : BackgroundService
{
    private const int Workers = 2;

    /// <summary>Under pressure a worker rests so many times as long as it worked, and looks meanwhile whether it still has to.</summary>
    private const int RestsUnderPressure = 39;
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim[] _news = [.. Enumerable.Range(0, Workers).Select(_ => new SemaphoreSlim(0, 1))];
    private bool _isInterrupted;

    public override void Dispose()
    {
        foreach (var news in _news)
        {
            news.Dispose();
        }

        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = bus.Subscribe(Inbox.Topic, _ =>
        {
            Signal();
            return Task.CompletedTask;
        });

        // Each by itself, so that one that is held up does not keep the other from what is new.
        await Task.WhenAll(_news.Select(news => WorkAsync(news, stoppingToken)));
    }

    private async Task WorkAsync(SemaphoreSlim news, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                for (long began = time.GetTimestamp(); await dispatch.RunAsync(ct) > 0; began = time.GetTimestamp())
                {
                    var rest = time.GetElapsedTime(began) * RestsUnderPressure;
                    for (var rested = TimeSpan.Zero; rested < rest && inbox.IsPressed; rested += Nap)
                    {
                        await Task.Delay(Nap, time, ct);
                    }
                }

                _isInterrupted = false;
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(ct);
                await Task.WhenAny(news.WaitAsync(pause.Token), Task.Delay(Look, time, pause.Token));
                await pause.CancelAsync();
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
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
                await Task.Delay(Look, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Signal()
    {
        foreach (var news in _news)
        {
            // Only the bus signals, one call at a time.
            if (news.CurrentCount == 0)
            {
                news.Release();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Handling events was interrupted ({Reason}); trying again every second")]
    private partial void Interrupted(string reason);
}
