using System.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Components;
using KickMonitor.Web.Pages.Admin;
using KickMonitor.Web.Pages.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Radzen;

namespace KickMonitor.Web.Pages.Streamers;

/// <summary>Where Admins say who is watched. Every action asks for the right again: a page can be older than a role.</summary>
public sealed partial class StreamersPage : AdminPage, IDisposable
{
    private const int LargestFile = 2 * 1024 * 1024;
    private const int MostPeople = 20_000;
    private List<BoardRow> _rows = [];
    private readonly HashSet<long> _chosen = [];
    private Dictionary<long, (string? Notes, StreamerPriority Priority)> _details = [];
    private string _search = string.Empty;
    private string? _filter;
    private List<(string Key, string Name, string? More)>? _people;
    private string? _group;
    private string? _tag;
    private string? _slug;
    private string? _answer;
    private bool _added;
    private StreamerImport? _import;
    private string? _importProblem;
    private CancellationTokenSource? _cancelImport;
    private IDisposable? _pulse;

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required LivePulse Pulse { get; init; }

    [Inject]
    public required StreamerDirectory Directory { get; init; }

    [Inject]
    public required StreamerIntake Intake { get; init; }

    [Inject]
    public required Sweep Sweep { get; init; }

    [Inject]
    public required Groups Groups { get; init; }

    [Inject]
    public required Tags Tags { get; init; }

    [Inject]
    public required Assignments Assignments { get; init; }

    [Inject]
    public required PeopleList People { get; init; }

    [Inject]
    public required MonitorOptions Options { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    public void Dispose()
    {
        _pulse?.Dispose();
        _cancelImport?.Cancel();
    }

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            // Before anything is waited for: a page that was left meanwhile would watch for ever.
            _pulse = Pulse.Watch(beat => _ = InvokeAsync(() =>
            {
                Read();
                StateHasChanged();
            }));
        }

        Read();
        await ReadDetailsAsync();
    }

    private async Task ReadDetailsAsync() =>
        _details = (await Directory.AllAsync(CancellationToken.None)).ToDictionary(s => s.BroadcasterUserId, s => (s.Notes, s.Priority));

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private void Search(string? text)
    {
        _search = text ?? string.Empty;
        Read();
    }

    private void Filter(string? filter)
    {
        _filter = string.IsNullOrEmpty(filter) ? null : filter;
        Read();
    }

    private void Read()
    {
        var now = Time.GetUtcNow();
        _rows = [.. Board.Snapshot.All.Where(r => Matches(r) && IsWanted(r, now)).OrderBy(r => r.Slug, StringComparer.Ordinal)];
    }

    private bool Matches(BoardRow row) => _search.Length == 0
        || (_search[0] == '#' ? row.HasTag(_search[1..].ToLowerInvariant())
            : row.Slug.Contains(_search, StringComparison.OrdinalIgnoreCase) || row.DisplayName.Contains(_search, StringComparison.OrdinalIgnoreCase));

    private bool IsWanted(BoardRow row, DateTimeOffset now) => _filter switch
    {
        "paused" => row.IsPaused,
        "trouble" => !row.IsPaused && (row.Status == StreamerStatus.Unknown || Health.IsLate(row, now, Options)),
        _ => true,
    };

    private string? NoteOf(BoardRow row) => !_details.TryGetValue(row.BroadcasterUserId, out var known) ? null
        : (known.Priority == StreamerPriority.Normal ? string.Empty : (known.Priority == StreamerPriority.High ? T["high priority"] : T["low priority"]) + " ") + Short(known.Notes ?? string.Empty);

    private void Choose(long id, bool isChosen)
    {
        if (isChosen)
        {
            _chosen.Add(id);
        }
        else
        {
            _chosen.Remove(id);
        }
    }

    private void ChooseAll()
    {
        if (_chosen.Count > 0)
        {
            _chosen.Clear();
        }
        else
        {
            _chosen.UnionWith(_rows.Select(r => r.BroadcasterUserId));
        }
    }

    private Task GroupAsync() => ActAsync(async () =>
    {
        if (long.TryParse(_group, out long id) && Groups.Find(id) is { OwnerId: null } group)
        {
            await Groups.SetMembersAsync(group.Id, _chosen, areMembers: true, CancellationToken.None);
            Tell(_chosen.Count == 1 ? T["1 streamer is in {0}", group.Name] : T["{0} streamers are in {1}", _chosen.Count, group.Name]);
            _chosen.Clear();
        }
    });

    private Task TagAsync() => ActAsync(async () =>
    {
        if (Tag.Parse(_tag) is { } tag)
        {
            await Tags.PutAsync(tag, _chosen, CancellationToken.None);
            await ChosenAreDoneAsync();
        }
    });

    /// <summary>The people are read when somebody wants to choose among them.</summary>
    private async Task ShowPeopleAsync()
    {
        var (people, _) = await People.ReadAsync(new PeopleQuery(Limit: MostPeople), CancellationToken.None);
        _people = [.. people.Where(p => p.Role != Role.Admin).Select(p => (p.Id.ToString(), p.Email, p.DisplayName))];
    }

    private Task AssignAsync(IReadOnlyCollection<string> people, Grant grant) => ActAsync(async () =>
    {
        int given = await Assignments.AssignAsync([.. people.Select(Guid.Parse)], _chosen, grant, CancellationToken.None);
        Tell(T["{0} assigned", given]);
        _people = null;
        _chosen.Clear();
    });

    private Task PauseChosenAsync(bool isPause) => ForChosenAsync(id => isPause ? Directory.PauseAsync(id, CancellationToken.None) : Directory.ResumeAsync(id, CancellationToken.None));

    private async Task RemoveChosenAsync()
    {
        bool? sure = await Dialogs.Confirm(
            T["Nobody sees them any more. The history is kept and comes back if you add them again; assignments end, and they leave the groups for everybody."],
            _chosen.Count == 1 ? T["Remove 1 streamer?"] : T["Remove {0} streamers?", _chosen.Count],
            new ConfirmOptions { OkButtonText = T["Remove"], CancelButtonText = T["Keep"] });
        if (sure == true)
        {
            await ForChosenAsync(id => Directory.RemoveAsync(id, CancellationToken.None));
        }
    }

    private Task ForChosenAsync(Func<long, Task> act) => ActAsync(async () =>
    {
        foreach (long id in _chosen)
        {
            await act(id);
        }

        await ChosenAreDoneAsync();
    });

    private async Task ChosenAreDoneAsync()
    {
        _chosen.Clear();
        await Board.CatchUpAsync(CancellationToken.None);
        Read();
    }

    private Task AddAsync() => ActAsync(async () =>
    {
        if (string.IsNullOrWhiteSpace(_slug))
        {
            return;
        }

        var outcome = await Intake.AddAsync(_slug, CancellationToken.None);
        _added = outcome is AddStreamer.Added;
        _answer = outcome is AddStreamer.Added ? T["{0} is watched from now on.", outcome.Slug] : StreamerImport.Reason(outcome);
        if (_added)
        {
            _slug = null;
            await Board.CatchUpAsync(CancellationToken.None);
            Read();
        }
    });

    private Task CheckAsync(BoardRow row) => ActAsync(async () =>
    {
        if (!await Sweep.CheckNowAsync([row.BroadcasterUserId], CancellationToken.None))
        {
            Refuse(T["Kick could not be asked"], T["Nothing was changed."]);
        }

        await Board.CatchUpAsync(CancellationToken.None);
    });

    private Task PauseAsync(BoardRow row) => ActAsync(() =>
        row.IsPaused ? Directory.ResumeAsync(row.BroadcasterUserId, CancellationToken.None) : Directory.PauseAsync(row.BroadcasterUserId, CancellationToken.None));

    private async Task RemoveAsync(BoardRow row)
    {
        bool? sure = await Dialogs.Confirm(
            T["Nobody sees them any more. The history is kept and comes back if you add them again; assignments end, and they leave the groups for everybody."],
            T["Remove {0}?", row.DisplayName],
            new ConfirmOptions { OkButtonText = T["Remove"], CancelButtonText = T["Keep"] });
        if (sure == true)
        {
            await ActAsync(() => Directory.RemoveAsync(row.BroadcasterUserId, CancellationToken.None));
        }
    }

    private Task ReadFileAsync(InputFileChangeEventArgs file) => ActAsync(async () =>
    {
        (_import, _importProblem) = (null, null);
        if (file.File.Size > LargestFile)
        {
            _importProblem = T["That file is larger than 2 MiB; a list of names is not."];
            return;
        }

        string text;
        try
        {
            using var reader = new StreamReader(file.File.OpenReadStream(LargestFile), Encoding.UTF8);
            text = await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            _importProblem = T["The file could not be read."];
            return;
        }

        var lines = StreamerList.Read(text);
        if (lines.Count > StreamerList.MostLines)
        {
            _importProblem = T["The list has more than {0:N0} lines. Split it.", StreamerList.MostLines];
            return;
        }

        _import = new StreamerImport(lines);
    });

    private Task ImportAsync() => ActAsync(async () =>
    {
        if (_import is not { IsBegun: false } import)
        {
            return;
        }

        _cancelImport = new CancellationTokenSource();
        try
        {
            await foreach (var _ in import.RunAsync(Intake, Directory, _cancelImport.Token))
            {
                StateHasChanged();
            }
        }
        catch (OperationCanceledException)
        {
            _importProblem = T["Stopped. What was added stays."];
        }

        await ReadDetailsAsync();
    });
}
