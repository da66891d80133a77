using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Domain.Events;

public sealed class EventOptions
{
    public const string Section = "Events";

    /// <summary>Hours; an authentic delivery that was sent earlier than this is stored, but acted on only when an Admin replays it.</summary>
    [Setting("Hours; what was sent earlier is stored, but acted on only when an Admin replays it")]
    [Range(0.01, 8760, ErrorMessage = "Events:AcceptWithin must be between 0.01 and 8760 hours.")]
    public double AcceptWithin { get; set; } = 24;

    /// <summary>Days for which events are kept, and for which a repeated message id is recognised.</summary>
    [Setting("Days for which events are kept")]
    [Range(14, 3650, ErrorMessage = "Events:KeepDays must be between 14 and 3650.")]
    public int KeepDays { get; set; } = 90;

    /// <summary>Channels whose chat is subscribed. Kick allows 1,000, and 10,000 to verified apps; 0: nobody's.</summary>
    [Range(0, 10_000, ErrorMessage = "Events:ChatChannels must be between 0 and 10000.")]
    public int ChatChannels { get; set; } = 1000;

    public TimeSpan AcceptSpan => TimeSpan.FromHours(AcceptWithin);
}
