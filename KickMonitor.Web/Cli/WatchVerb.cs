using System.CommandLine;
using System.Threading.Channels;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Api;

namespace KickMonitor.Web.Cli;

/// <summary><c>watch</c>: a live screen for a person, a line of JSON per change for a program.</summary>
internal static class WatchVerb
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FastestFrame = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SlowestFrame = TimeSpan.FromSeconds(1);

    public static Command Create(Verb verb) => verb.Create(
        "watch", "Who is live, on a full screen that follows the database; q ends it. With --json or a redirected stdout a line of JSON per change", WatchAsync);

    private static async Task WatchAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var (board, bus) = (host.Get<LiveBoard>(), host.Get<Bus>());
        try
        {
            await (call.Terminal.IsOutTerminal && !call.Output.IsJson ? ShowAsync(call, host, board, bus) : PrintAsync(call, board, bus));
        }
        catch (OperationCanceledException) when (call.Ct.IsCancellationRequested)
        {
            // Ctrl-C is how one stops watching.
        }
        finally
        {
            await bus.StopAsync(CancellationToken.None);
        }
    }

    private static async Task PrintAsync(Invocation call, LiveBoard board, Bus bus)
    {
        var changes = Channel.CreateUnbounded<BoardChange>();
        await board.StartAsync(call.Ct);
        var before = board.Snapshot;
        using var watching = board.Watch(change => changes.Writer.TryWrite(change));
        await bus.StartAsync(call.Ct);
        await foreach (var change in changes.Reader.ReadAllAsync(call.Ct))
        {
            foreach (var row in change.Changed)
            {
                call.Output.Json(ChangeLine.Of(row, change.ReadAt, "changed"));
            }

            foreach (var row in change.Removed.Select(before.Find).OfType<BoardRow>())
            {
                call.Output.Json(ChangeLine.Of(row, change.ReadAt, "removed"));
            }

            before = change.Snapshot;
        }
    }

    private static async Task ShowAsync(Invocation call, CliHost host, LiveBoard board, Bus bus)
    {
        var (report, time) = (host.Get<StatusReport>(), host.Get<TimeProvider>());
        await board.StartAsync(call.Ct);
        var status = await report.ReadAsync(call.Ct);
        int isNew = 1;
        using var watching = board.Watch(_ => Volatile.Write(ref isNew, 1));
        using var sources = bus.Subscribe(SourceLog.Topic, async ct => status = await report.ReadAsync(ct));
        await bus.StartAsync(call.Ct);
        using var screen = new WatchScreen(call.Terminal);
        long drawn = time.GetTimestamp();
        while (call.Terminal.Key() is not ('q' or 'Q' or '\u0003'))
        {
            var age = time.GetElapsedTime(drawn);
            if (age >= SlowestFrame || (age >= FastestFrame && Interlocked.Exchange(ref isNew, 0) == 1))
            {
                drawn = time.GetTimestamp();
                screen.Draw(board.Snapshot, status, bus.IsConnected, time.GetUtcNow());
            }

            await Task.Delay(Tick, call.Ct);
        }
    }

    /// <summary>A streamer as the API says it, and what became of it.</summary>
    private sealed record ChangeLine : StreamerView
    {
        private ChangeLine(StreamerView streamer, DateTimeOffset at, string change)
            : base(streamer) => (At, Change) = (at, change);

        public DateTimeOffset At { get; }

        /// <summary><c>changed</c> or <c>removed</c>.</summary>
        public string Change { get; }

        public static ChangeLine Of(BoardRow row, DateTimeOffset at, string change) => new(StreamerView.Of(row), at, change);
    }
}
