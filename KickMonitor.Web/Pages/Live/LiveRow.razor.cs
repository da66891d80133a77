using KickMonitor.Domain.Monitoring;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Live;

/// <summary>One streamer's line. Drawn again only when its row was replaced; what people can see lights up for a moment then.</summary>
public sealed partial class LiveRow : ComponentBase
{
    private BoardRow? _drawn;
    private string _class = string.Empty;
    private bool _odd;

    [Parameter, EditorRequired]
    public required BoardRow Row { get; set; }

    private string Word => Row.Status switch
    {
        StreamerStatus.Live => "live",
        StreamerStatus.Offline => "offline",
        _ => "not found",
    };

    private string? Doubt => Row.ViewerQuality switch
    {
        ViewerQuality.Hidden => "The streamer hides the count, or it is a mistake of Kick's: this is the last count that could be believed.",
        ViewerQuality.Glitch => "Kick reports a count that cannot be right: this is the last one that could be believed.",
        ViewerQuality.Outlier => "The count jumped: this is the last one that could be believed.",
        ViewerQuality.Frozen => "The count has not moved for minutes; Kick may have stopped counting.",
        _ => null,
    };

    public override Task SetParametersAsync(ParameterView parameters)
    {
        if (parameters.TryGetValue<BoardRow>(nameof(Row), out var row) && ReferenceEquals(row, _drawn))
        {
            return Task.CompletedTask;
        }

        return base.SetParametersAsync(parameters);
    }

    protected override void OnParametersSet()
    {
        bool isNews = _drawn is not null && _drawn with { CheckedAt = Row.CheckedAt, CheckedBy = Row.CheckedBy } != Row;
        if (isNews)
        {
            // Two names for one animation: changing from one to the other starts it again.
            _odd = !_odd;
        }

        string lit = isNews ? (_odd ? "lit-a" : "lit-b") : string.Empty;
        _class = $"s-{Row.Status.ToString().ToLowerInvariant()} {(Row.IsPaused ? "is-paused" : string.Empty)} {lit}".TrimEnd();
        _drawn = Row;
    }
}
