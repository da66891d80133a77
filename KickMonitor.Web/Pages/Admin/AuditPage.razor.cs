using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Components;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>Who changed what. The filters stand in the address.</summary>
public sealed partial class AuditPage : ComponentBase
{
    private const int Shown = 50;
    private static readonly string[] Kinds = ["user", "person", "streamer", "group", "token", "link", "setting", "flag", "job", "events", "subscriptions", "key", "database"];
    private List<AuditRow>? _rows;
    private bool _hasMore;

    [Inject]
    public required Audit Log { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [SupplyParameterFromQuery]
    public string? Who { get; set; }

    [SupplyParameterFromQuery]
    public string? Verb { get; set; }

    [SupplyParameterFromQuery]
    public string? Subject { get; set; }

    [SupplyParameterFromQuery]
    public string? From { get; set; }

    [SupplyParameterFromQuery]
    public string? Until { get; set; }

    [SupplyParameterFromQuery]
    public long? Before { get; set; }

    private bool IsFiltered => Who is not null || Verb is not null || Subject is not null || From is not null || Until is not null || Before is not null;

    private string ExportAddress => AuditExport.Path + new Uri(Navigation.Uri).Query;

    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>A time as times are shown everywhere; all else as it was written.</summary>
    private static RenderFragment Value(string? text) => text is { Length: > 18 } && text[10] == 'T' && Time(text) is { } time ? Moment.Of(time, "time") : fragment => fragment.AddContent(0, text);

    protected override async Task OnParametersSetAsync()
    {
        var found = new List<AuditRow>();
        await foreach (var row in Log.ReadAsync(new AuditQuery(Who, Verb, Subject, Time(From), Time(Until), Before, Shown + 1), CancellationToken.None))
        {
            found.Add(row);
        }

        _hasMore = found.Count > Shown;
        _rows = [.. found.Take(Shown)];
    }

    private void Go(string name, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = string.IsNullOrWhiteSpace(value) ? null : value.Trim(), ["before"] = null }), replace: true);
}
