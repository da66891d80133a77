namespace KickMonitor.Sandbox;

/// <summary>The switches beside the faults; what is left out stays. A rate limit of 0 is none.</summary>
internal sealed record FaultsChange(
    int? RequestsPerMinute,
    double? StartLagSeconds,
    double? EndLagSeconds,
    bool? FrozenViewers,
    bool? ViewersDropToOne,
    bool? HiddenViewers,
    bool? StaleThumbnails,
    bool? BlankOfflineFields,
    bool? FollowersAsText)
{
    public void Apply(Faults faults)
    {
        var d = faults.Distortions;
        faults.RateLimit.PerMinute = RequestsPerMinute is { } most ? most > 0 ? most : null : faults.RateLimit.PerMinute;
        d.StartLag = Lag(StartLagSeconds) ?? d.StartLag;
        d.EndLag = Lag(EndLagSeconds) ?? d.EndLag;
        d.FrozenViewers = FrozenViewers ?? d.FrozenViewers;
        d.ViewersDropToOne = ViewersDropToOne ?? d.ViewersDropToOne;
        d.HiddenViewers = HiddenViewers ?? d.HiddenViewers;
        d.StaleThumbnails = StaleThumbnails ?? d.StaleThumbnails;
        d.BlankOfflineFields = BlankOfflineFields ?? d.BlankOfflineFields;
        d.FollowersAsText = FollowersAsText ?? d.FollowersAsText;
    }

    private static TimeSpan? Lag(double? seconds) => seconds is { } s ? TimeSpan.FromSeconds(Math.Clamp(s, 0, 86_400)) : null;
}

internal sealed record FaultsView(
    FaultView[] Faults,
    int RequestsPerMinute,
    double StartLagSeconds,
    double EndLagSeconds,
    bool FrozenViewers,
    bool ViewersDropToOne,
    bool HiddenViewers,
    bool StaleThumbnails,
    bool BlankOfflineFields,
    bool FollowersAsText)
{
    public static FaultsView Of(Faults faults)
    {
        var d = faults.Distortions;
        return new FaultsView(
            [.. faults.Active.Select(FaultView.Of)],
            faults.RateLimit.PerMinute ?? 0,
            d.StartLag.TotalSeconds,
            d.EndLag.TotalSeconds,
            d.FrozenViewers,
            d.ViewersDropToOne,
            d.HiddenViewers,
            d.StaleThumbnails,
            d.BlankOfflineFields,
            d.FollowersAsText);
    }
}
