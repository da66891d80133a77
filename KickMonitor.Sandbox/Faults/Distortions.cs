namespace KickMonitor.Sandbox;

/// <summary>Where the answers differ from what is so.</summary>
public sealed class Distortions
{
    /// <summary>A broadcast is listed this long after its start.</summary>
    public TimeSpan StartLag { get; set; }

    /// <summary>A broadcast is still listed this long after its end.</summary>
    public TimeSpan EndLag { get; set; }

    public bool FrozenViewers { get; set; }

    public bool ViewersDropToOne { get; set; }

    public bool HiddenViewers { get; set; }

    public bool StaleThumbnails { get; set; }

    /// <summary>Kick empties title, category and language of who is offline.</summary>
    public bool BlankOfflineFields { get; set; } = true;

    public bool FollowersAsText { get; set; }

    public void Reset() =>
        (StartLag, EndLag, FrozenViewers, ViewersDropToOne, HiddenViewers, StaleThumbnails, BlankOfflineFields, FollowersAsText) =
        (TimeSpan.Zero, TimeSpan.Zero, false, false, false, false, true, false);
}
