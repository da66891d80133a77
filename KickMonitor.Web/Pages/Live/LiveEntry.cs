using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Components;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Live;

/// <summary>One streamer, as a row or a card. Drawn again only when its row was replaced; what people can see lights up for a moment then.</summary>
public abstract class LiveEntry : ComponentBase
{
    protected static readonly string SparkBox = $"-1 0 {Sparklines.Width + 2} {Sparklines.Height}";
    private BoardRow? _drawn;
    private bool _drawnStarred;
    private bool _odd;

    [Inject]
    public required Sparklines Sparklines { get; init; }

    [Parameter, EditorRequired]
    public required BoardRow Row { get; set; }

    [Parameter]
    public bool IsStarred { get; set; }

    [Parameter]
    public EventCallback<BoardRow> OnStar { get; set; }

    protected string Class { get; private set; } = string.Empty;

    /// <summary>The last hour's viewers, as an SVG path.</summary>
    protected string? Line { get; private set; }

    protected string Word => StatusWords.Of(Row.Status);

    protected string? Doubt => Row.ViewerQuality switch
    {
        ViewerQuality.Hidden => T["The streamer hides the count, or it is a mistake of Kick's: this is the last count that could be believed."],
        ViewerQuality.Glitch => T["Kick reports a count that cannot be right: this is the last one that could be believed."],
        ViewerQuality.Outlier => T["The count jumped: this is the last one that could be believed."],
        ViewerQuality.Frozen => T["The count has not moved for minutes; Kick may have stopped counting."],
        _ => null,
    };

    public override Task SetParametersAsync(ParameterView parameters)
    {
        if (parameters.TryGetValue<BoardRow>(nameof(Row), out var row) && ReferenceEquals(row, _drawn)
            && parameters.GetValueOrDefault<bool>(nameof(IsStarred)) == _drawnStarred)
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
        Class = $"s-{Row.Status.ToString().ToLowerInvariant()} {(Row.IsPaused ? "is-paused" : string.Empty)} {lit}".TrimEnd();
        Line = Sparklines.Of(Row.BroadcasterUserId);
        (_drawn, _drawnStarred) = (Row, IsStarred);
    }

    protected Task StarAsync() => OnStar.InvokeAsync(Row);
}
