using KickMonitor.Domain.Kick;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Events.Handlers;

/// <summary>A structured line per event, chat left out; who did it is personal and stays out too.</summary>
public sealed partial class EventLog(ILogger<EventLog> logger) : IEventHandler
{
    public string Name => "log";

    public string? WouldDo(KickEvent told, Say say) => told is ChatMessage ? null : say("write a line to the log");

    public Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
    {
        Happened(work.Type, told.Broadcaster.UserId!.Value, work.EventId, (long)(work.ReceivedAt - work.OccurredAt).TotalMilliseconds);
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Type} of broadcaster {BroadcasterUserId}, event {EventId}, {DelayMs} ms after it happened")]
    private partial void Happened(string type, long broadcasterUserId, long eventId, long delayMs);
}
