using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Domain.Retention;

/// <summary>For how many days each kind of data is kept; 0: for ever. Events have their own option.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    [Setting("Days for which viewer samples are kept; 0: for ever")]
    [Range(0, 36_500)]
    public int ViewerSamples { get; set; }

    [Setting("Days for which starts, ends and changes of streams are kept; 0: for ever")]
    [Range(0, 36_500)]
    public int StatusEvents { get; set; }

    [Setting("Days for which the audit log is kept; the database refuses less than 90")]
    [Range(90, 36_500)]
    public int Audit { get; set; } = 3650;

    [Setting("Days for which it is kept who had events replayed; 0: for ever")]
    [Range(0, 36_500)]
    public int Replays { get; set; } = 365;

    [Setting("Days for which sign-ins are kept after their last use; the sessions that go on are among them")]
    [Range(14, 36_500)]
    public int SignIns { get; set; } = 90;

    [Setting("Days for which it is kept what happened to linked accounts; 0: for ever")]
    [Range(0, 36_500)]
    public int LinkEvents { get; set; } = 90;
}
