namespace KickMonitor.Web.Cli;

/// <summary>What a script reads from <c>$?</c>. Documented; the numbers never change.</summary>
internal enum ExitCode
{
    Done = 0,
    Unexpected = 1,
    Usage = 2,
    Refused = 3,
    DatabaseUnavailable = 4,
    KickUnavailable = 5,
}
