using System.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Pages.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Forms;
using Radzen;

namespace KickMonitor.Web.Pages.Streamers;

/// <summary>Where Admins say who is watched. Every action asks for the right again: a page can be older than a role.</summary>
public sealed partial class StreamersPage : ComponentBase, IDisposable
{
    private const int LargestFile = 2 * 1024 * 1024;
    private List<BoardRow> _rows = [];
    private string _search = string.Empty;
    private string? _slug;
    private string? _answer;
    private bool _added;
    private bool _busy;
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
    public required Sweep Sweep { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required DialogService Dialogs { get; init; }

    [Inject]
    public required NotificationService Notices { get; init; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    public void Dispose()
    {
        _pulse?.Dispose();
        _cancelImport?.Cancel();
    }

    protected override void OnInitialized()
    {
        Read();
        if (RendererInfo.IsInteractive)
        {
            _pulse = Pulse.Watch(beat => _ = InvokeAsync(() =>
            {
                Read();
                StateHasChanged();
            }));
        }
    }

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private void Search(string? text)
    {
        _search = text ?? string.Empty;
        Read();
    }

    private void Read() => _rows =
    [
        .. Board.Snapshot.All
            .Where(r => _search.Length == 0 || r.Slug.Contains(_search, StringComparison.OrdinalIgnoreCase) || r.DisplayName.Contains(_search, StringComparison.OrdinalIgnoreCase))
            .OrderBy(r => r.Slug, StringComparer.Ordinal),
    ];

    private Task AddAsync() => DoAsync(async () =>
    {
        if (string.IsNullOrWhiteSpace(_slug))
        {
            return;
        }

        var outcome = await Directory.AddAsync(_slug, CancellationToken.None);
        _added = outcome is AddStreamer.Added;
        _answer = outcome is AddStreamer.Added ? $"{outcome.Slug} is watched from now on." : StreamerImport.Reason(outcome);
        if (_added)
        {
            _slug = null;
            await Board.CatchUpAsync(CancellationToken.None);
            Read();
        }
    });

    private Task CheckAsync(BoardRow row) => DoAsync(async () =>
    {
        if (!await Sweep.CheckNowAsync([row.BroadcasterUserId], CancellationToken.None))
        {
            Notices.Notify(NotificationSeverity.Error, "Kick could not be asked", "Nothing was changed.");
        }

        await Board.CatchUpAsync(CancellationToken.None);
    });

    private Task PauseAsync(BoardRow row) => DoAsync(() =>
        row.IsPaused ? Directory.ResumeAsync(row.BroadcasterUserId, CancellationToken.None) : Directory.PauseAsync(row.BroadcasterUserId, CancellationToken.None));

    private async Task RemoveAsync(BoardRow row)
    {
        bool? sure = await Dialogs.Confirm(
            $"{row.DisplayName} is no longer watched, and nobody sees them any more. The history is kept and comes back if you add them again; assignments end.",
            $"Remove {row.DisplayName}?",
            new ConfirmOptions { OkButtonText = "Remove", CancelButtonText = "Keep" });
        if (sure == true)
        {
            await DoAsync(() => Directory.RemoveAsync(row.BroadcasterUserId, CancellationToken.None));
        }
    }

    private Task ImportAsync(InputFileChangeEventArgs file) => DoAsync(async () =>
    {
        (_import, _importProblem) = (null, null);
        if (file.File.Size > LargestFile)
        {
            _importProblem = "That file is larger than 2 MiB; a list of names is not.";
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
            _importProblem = "The file could not be read.";
            return;
        }

        _cancelImport = new CancellationTokenSource();
        _import = new StreamerImport(StreamerList.Read(text));
        try
        {
            await foreach (var _ in _import.RunAsync(Directory, _cancelImport.Token))
            {
                StateHasChanged();
            }
        }
        catch (OperationCanceledException)
        {
            _importProblem = "Stopped. What was added stays.";
        }
    });

    private async Task DoAsync(Func<Task> act)
    {
        if (_busy)
        {
            return;
        }

        if (Rights.Of((await Person).User) is not { IsAdmin: true })
        {
            Notices.Notify(NotificationSeverity.Error, "You are no longer an Admin", "Nothing was changed.");
            return;
        }

        _busy = true;
        StateHasChanged();
        try
        {
            await act();
        }
        catch (Npgsql.NpgsqlException)
        {
            Notices.Notify(NotificationSeverity.Error, "The database did not answer", "Nothing was changed. Try again in a moment.");
        }
        finally
        {
            _busy = false;
        }
    }
}
