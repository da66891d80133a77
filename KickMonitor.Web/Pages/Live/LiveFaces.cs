using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Components;
using KickMonitor.Web.Pictures;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Live;

/// <summary>
/// Writes each streamer's face once per change and language, for all who look: an open page then compares a few texts where it
/// would build and compare dozens of elements a row, and keep them in memory.
/// </summary>
public sealed class LiveFaces(Sparklines sparklines)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly string SparkBox = $"-1 0 {Sparklines.Width + 2} {Sparklines.Height}";
    private readonly ConcurrentDictionary<(CultureInfo Numbers, CultureInfo Texts), Book> _books = new();

    /// <summary>The faces in the language that is spoken here.</summary>
    public Book Here => _books.GetOrAdd((CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture), _ => new Book(this));

    private LiveFace WriteRow(BoardRow row)
    {
        string names = $"{Avatar(row)}{Link(row)}{Paused(row)}</th><td class=\"c-status\">{Text(StatusWords.Of(row.Status))}</td>";
        return new LiveFace(
            row.BroadcasterUserId,
            ClassOf(row),
            default,
            new($"<th scope=\"row\" class=\"c-name\">{Star(row, false)}{names}"),
            new($"<th scope=\"row\" class=\"c-name\">{Star(row, true)}{names}"),
            new($"<td class=\"c-viewers\"{Title(StatusWords.Doubt(row))}>{Text(Viewers(row))}</td><td class=\"c-hour\">{Spark(row)}</td>"),
            new($"<td class=\"c-since\">{Moment(row.Since, "for")}</td><td class=\"c-title\"{Title(row.Title)}>{Text(row.Title)}</td><td class=\"c-category\">{Text(row.Category)}</td><td class=\"c-language\">{Text(row.Language)}</td>"),
            new($"<td class=\"c-checked\">{Text(StatusWords.Of(row.CheckedBy))} {Moment(row.CheckedAt, "ago")}</td>"));
    }

    private LiveFace WriteCard(BoardRow row)
    {
        string status = $"<p class=\"c-status\"><span class=\"led\" aria-hidden=\"true\"></span>{Text(StatusWords.Of(row.Status))} {Moment(row.Since, "for")}{Paused(row)}</p>";
        return new LiveFace(
            row.BroadcasterUserId,
            "card " + ClassOf(row),
            new($"<a class=\"still\" href=\"/streamers/{Text(row.Slug)}\" tabindex=\"-1\" aria-hidden=\"true\"><img src=\"{Text(row.IsLive ? PictureAddress.Thumbnail(row) : PictureAddress.Avatar(row))}\" alt=\"\" loading=\"lazy\" decoding=\"async\"></a>"),
            new($"<h2 class=\"c-name\">{Avatar(row)}{Link(row)}{Star(row, false)}</h2>{status}"),
            new($"<h2 class=\"c-name\">{Avatar(row)}{Link(row)}{Star(row, true)}</h2>{status}"),
            new($"<p class=\"c-viewers\"{Title(StatusWords.Doubt(row))}><span>{Text(StatusWords.Viewers(row))}</span>{Spark(row)}</p>"),
            new($"<p class=\"c-title\"{Title(row.Title)}>{Text(row.Title)}</p><p class=\"c-category\"><span>{Text(row.Category)}</span>{(row.Language is null ? null : $" <span class=\"tag\">{Text(row.Language)}</span>")}</p>"),
            new($"<p class=\"c-checked\">{Text(StatusWords.Of(row.CheckedBy))} {Moment(row.CheckedAt, "ago")}</p>"));
    }

    private static Start WriteStart(BoardRow row) =>
        new($"<a href=\"/streamers/{Text(row.Slug)}\"><img class=\"avatar\" src=\"{Text(PictureAddress.Avatar(row))}\" alt=\"\" width=\"26\" height=\"26\" decoding=\"async\">{Text(row.DisplayName)} {Moment(row.Since, "ago")}</a>");

    private static MarkupString[] WriteTotals(LiveTotals totals) =>
    [
        .. new[]
        {
            WriteTotal("on", T["live"], Number(totals.Live)),
            WriteTotal(null, T["viewers"], Number(totals.Viewers)),
            WriteTotal(null, T["watched"], Number(totals.All)),
            totals.Unknown > 0 ? WriteTotal("doubt", T["not found"], Number(totals.Unknown)) : default,
            WriteTotal("when", T["freshest check"], Moment(totals.FreshestCheck, "ago") ?? "–"),
            WriteTotal("when", T["stalest check"], Moment(totals.StalestCheck, "ago") ?? "–"),
        }.Where(t => t.Value is not null),
    ];

    private static MarkupString WriteTotal(string? css, string name, string value) => new($"<div class=\"total {css}\"><dt>{Text(name)}</dt><dd>{value}</dd></div>");

    private static string Number(long number) => number.ToString("N0", CultureInfo.CurrentCulture);

    private static string ClassOf(BoardRow row) => (row.Status switch { StreamerStatus.Live => "s-live", StreamerStatus.Offline => "s-offline", _ => "s-unknown" }) + (row.IsPaused ? " is-paused" : string.Empty);

    private static string Star(BoardRow row, bool isStarred) => $"<button type=\"button\" class=\"star\" aria-pressed=\"{(isStarred ? "true" : "false")}\" aria-label=\"{Text(T["Favourite: {0}", row.DisplayName])}\"></button>";

    private static string Avatar(BoardRow row) => $"<img class=\"avatar\" src=\"{Text(PictureAddress.Avatar(row))}\" alt=\"\" width=\"26\" height=\"26\" loading=\"lazy\" decoding=\"async\">";

    private static string Link(BoardRow row) => $"<a href=\"/streamers/{Text(row.Slug)}\">{Text(row.DisplayName)}</a>";

    private static string? Paused(BoardRow row) => row.IsPaused ? $"<span class=\"tag\">{Text(T["paused"])}</span>" : null;

    private string? Spark(BoardRow row) => sparklines.Of(row.BroadcasterUserId) is { } line ? $"<svg class=\"spark\" viewBox=\"{SparkBox}\" aria-hidden=\"true\"><path d=\"{line}\"/></svg>" : null;

    private static string? Viewers(BoardRow row) => row.Viewers?.ToString(StatusWords.Doubt(row) is null ? "N0" : "#,0'?'", CultureInfo.CurrentCulture);

    /// <summary>The browser fills in the age, as it does for <see cref="Components.Moment"/>; ages of checks also tell it who is stale.</summary>
    private static string? Moment(DateTimeOffset? moment, string style) =>
        moment is { } at ? string.Create(CultureInfo.InvariantCulture, $"<time{(style == "ago" ? " class=\"age\"" : null)} data-at=\"{at.ToUnixTimeMilliseconds()}\" data-style=\"{style}\"></time>") : null;

    private static string? Title(string? text) => string.IsNullOrEmpty(text) ? null : $" title=\"{Text(text)}\"";

    [return: NotNullIfNotNull(nameof(text))]
    internal static string? Text(string? text) => text is null ? null : Encoder.Encode(text);

    private sealed record Start(string Html);

    /// <summary>The faces in one language. A row is never changed, only replaced, and its face goes with it.</summary>
    public sealed class Book(LiveFaces faces)
    {
        private readonly ConditionalWeakTable<BoardRow, LiveFace> _rows = [];
        private readonly ConditionalWeakTable<BoardRow, LiveFace> _cards = [];
        private readonly ConditionalWeakTable<BoardRow, Start> _starts = [];
        private readonly ConditionalWeakTable<LiveTotals, MarkupString[]> _totals = [];
        private readonly ConditionalWeakTable<LiveTotals, string> _titles = [];

        public LiveFace Row(BoardRow row) => _rows.GetValue(row, faces.WriteRow);

        public LiveFace Card(BoardRow row) => _cards.GetValue(row, faces.WriteCard);

        /// <summary>A link to somebody who has just gone live.</summary>
        public MarkupString Start(BoardRow row) => new(_starts.GetValue(row, WriteStart).Html);

        /// <summary>What stands above the table, number by number.</summary>
        public MarkupString[] Totals(LiveTotals totals) => _totals.GetValue(totals, WriteTotals);

        /// <summary>What the window is called.</summary>
        public string Title(LiveTotals totals) => _titles.GetValue(totals, static t => t.Live > 0 ? T["({0} live) KickMonitor", t.Live] : "KickMonitor");
    }
}
