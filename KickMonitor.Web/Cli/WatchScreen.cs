using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Spectre.Console;
using Spectre.Console.Rendering;
using Status = KickMonitor.Domain.Monitoring.Status;

namespace KickMonitor.Web.Cli;

/// <summary>
/// The screen of <c>watch</c>. Draws whole frames over each other on the terminal's second screen, so that nothing flickers and the
/// first one is as it was when watching ends.
/// </summary>
internal sealed class WatchScreen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string EraseLine = "\e[K";
    private const string EraseRest = "\e[J";
    private const int HeadingAndFooter = 2;
    private static readonly Style Quiet = new(Color.Grey);
    private static readonly Style Live = new(Color.Green);
    private static readonly Style Warning = new(Color.Yellow);
    private static readonly Style Alarm = new(Color.Red, decoration: Decoration.Bold);
    private static readonly Style Bold = new(decoration: Decoration.Bold);
    private readonly Terminal _terminal;

    public WatchScreen(Terminal terminal)
    {
        _terminal = terminal;
        _terminal.Out.Write(Enter);
    }

    public void Draw(BoardSnapshot board, Status status, bool isConnected, DateTimeOffset now)
    {
        var (width, height) = _terminal.Size();
        var parts = new List<IRenderable> { Totals(board, status) };
        parts.AddRange(Troubles(status, isConnected));
        parts.Add(new Text(string.Empty));
        int room = Math.Max(1, height - parts.Count - HeadingAndFooter);
        parts.Add(Table(board, now, width, room));
        parts.Add(new Text(board.All.Count > room ? $"{Plain.Number(board.All.Count - room)} more. q quits." : "q quits.", Quiet));

        using var frame = new StringWriter();
        Output.Canvas(frame, _terminal).Write(new Rows(parts));
        var lines = frame.ToString().TrimEnd('\n').Split('\n').Take(height);
        _terminal.Out.Write(Home + string.Join(EraseLine + "\r\n", lines) + EraseLine + EraseRest);
        _terminal.Out.Flush();
    }

    public void Dispose()
    {
        _terminal.Out.Write(Leave);
        _terminal.Out.Flush();
    }

    private static Text Totals(BoardSnapshot board, Status status)
    {
        var live = board.All.Where(r => r.IsLive).ToList();
        long viewers = live.Sum(r => (long)(r.Viewers ?? 0));
        string nodes = status.Nodes.Count switch { 0 => "no server runs", 1 => "1 node", var n => $"{n} nodes" };
        return new Text($"KickMonitor   {Plain.Number(board.All.Count)} watched   {Plain.Number(live.Count)} live   {Plain.Number(viewers)} viewers   {nodes}", Bold);
    }

    private static IEnumerable<Text> Troubles(Status status, bool isConnected)
    {
        if (!isConnected)
        {
            yield return new Text("The connection to the database is down; this is the last that was known.", Alarm);
        }

        foreach (var source in status.Sources.Where(s => s.State is SourceState.Failing or SourceState.Degraded))
        {
            yield return new Text(
                Plain.Text($"{source.Name} is {SnakeCase<SourceState>.Of(source.State)} since {Plain.Time(source.Since)}: {source.LastError}"),
                source.State == SourceState.Failing ? Alarm : Warning);
        }
    }

    private static Table Table(BoardSnapshot board, DateTimeOffset now, int width, int room)
    {
        var table = new Table { Border = TableBorder.None };
        var columns = Columns(width);
        foreach (var (name, columnWidth) in columns)
        {
            table.AddColumn(new TableColumn(new Text(name, Bold)) { Width = columnWidth, NoWrap = true, Padding = new Padding(0, 0, 1, 0) });
        }

        foreach (var row in board.All.OrderByDescending(r => r.IsLive).ThenByDescending(r => r.Viewers).ThenBy(r => r.Slug, StringComparer.Ordinal).Take(room))
        {
            var style = row.IsLive ? Live : Quiet;
            table.AddRow(Cells(row, now).Take(columns.Length).Select((text, i) => Fit(text, columns[i].Width, i == 1 ? style : row.IsLive ? Style.Plain : Quiet)));
        }

        return table;
    }

    private static (string Name, int Width)[] Columns(int width)
    {
        (string Name, int Width)[] narrow = [("Streamer", 24), ("Status", 8), ("Viewers", 9), ("For", 9), ("Checked", 8)];
        int rest = width - narrow.Sum(c => c.Width + 1) - 2;
        return rest < 24 ? narrow : [.. narrow, ("Title", rest * 2 / 3), ("Category", rest / 3)];
    }

    private static string[] Cells(BoardRow row, DateTimeOffset now) =>
    [
        row.DisplayName.Equals(row.Slug, StringComparison.OrdinalIgnoreCase) ? row.DisplayName : $"{row.DisplayName} ({row.Slug})",
        row.IsPaused ? "paused" : SnakeCase<StreamerStatus>.Of(row.Status),
        row.IsLive ? Plain.Number(row.Viewers) : string.Empty,
        Plain.Duration(now - row.Since),
        row.CheckedAt is { } at ? Plain.Duration(now - at) : "never",
        row.IsLive ? row.Title ?? string.Empty : string.Empty,
        row.IsLive ? row.Category ?? string.Empty : string.Empty,
    ];

    /// <summary>By cells, not characters: an emoji takes two, or, terminals disagree, one.</summary>
    private static Text Fit(string text, int width, Style style) => new(Segment.Truncate(new Segment(Plain.Text(text)), width - 1)?.Text ?? string.Empty, style);
}
