using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Claims;
using System.Threading.Channels;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Api;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.SignalR;

namespace KickMonitor.Web.Hubs;

/// <summary>
/// Tells the hub's connections what changed on the board. Each change is written once, to the group of its streamer and to
/// the Admins; who is in which group follows people's rights.
/// </summary>
public sealed partial class LiveHubFeed(LiveBoard board, EventFeed feed, Rights rights, Sessions sessions, ApiTokens tokens, Bus bus, IHubContext<LiveHub> hub, TimeProvider time, ILogger<LiveHubFeed> logger)
    : BackgroundService
{
    private const string Admins = "admins";

    /// <summary>Follows the name of a streamer's group where a payload must not go.</summary>
    private const string Viewers = ":viewers";
    private const string Insiders = ":users";

    /// <summary>Follows where only the channel's owner may hear.</summary>
    private const string Owner = ":owner";
    private const int MostEvents = 10_000;
    private const long MostBytes = 32 * 1024 * 1024;

    /// <summary>A connection that takes longer than this no longer holds up the others; SignalR drops it soon after.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly string StampClaim = new ClaimsIdentityOptions().SecurityStampClaimType;

    private readonly ConcurrentDictionary<string, Listener> _listeners = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _grouping = new(1, 1);
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Lock _pending = new();
    private Dictionary<long, BoardRow> _rows = [];
    private Queue<StatusEventNews> _events = [];
    private Queue<EventRow> _received = [];
    private long _receivedBytes;
    private bool _rightsChanged;

    /// <summary>Tokens also end by themselves, and a notice of a revoked one can be lost.</summary>
    public TimeSpan TokensCheckedEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What waits to be told on this node.</summary>
    public int Waiting
    {
        get
        {
            lock (_pending)
            {
                return _rows.Count + _events.Count + _received.Count;
            }
        }
    }

    /// <summary>Lets a new connection hear what its person may see.</summary>
    public async Task JoinAsync(HubCallerContext connection)
    {
        var listener = new Listener(connection);
        _listeners[connection.ConnectionId] = listener;
        await _grouping.WaitAsync(connection.ConnectionAborted);
        try
        {
            await GroupAsync(listener);
        }
        finally
        {
            _grouping.Release();
        }
    }

    public void Leave(HubCallerContext connection) => _listeners.TryRemove(connection.ConnectionId, out _);

    public override void Dispose()
    {
        _grouping.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var boardWatch = board.Watch(Take);
        using var eventWatch = feed.Watch(Take);
        using var rightsWatch = rights.Watch(Regroup);
        using var sessionWatch = sessions.Watch(Regroup);
        using var tokenWatch = bus.Subscribe(ApiTokens.Topic, CheckTokensAsync);
        try
        {
            await Task.WhenAll(TellAsync(stoppingToken), CheckTokensRegularlyAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private void Regroup()
    {
        Volatile.Write(ref _rightsChanged, true);
        _news.Writer.TryWrite(true);
    }

    /// <summary>Runs inside the board's reading, so it only notes: of a streamer the newest state, of events each one.</summary>
    private void Take(BoardChange change)
    {
        if (_listeners.IsEmpty || (change.Changed.Count == 0 && change.Events.Count == 0))
        {
            return;
        }

        lock (_pending)
        {
            foreach (var row in change.Changed)
            {
                _rows[row.BroadcasterUserId] = row;
            }

            foreach (var told in change.Events)
            {
                if (change.Snapshot.Find(told.BroadcasterUserId) is not { } row)
                {
                    continue;
                }

                if (_events.Count == MostEvents)
                {
                    _events.Dequeue();
                }

                _events.Enqueue(new StatusEventNews(told, row.Slug));
            }
        }

        _news.Writer.TryWrite(true);
    }

    private void Take(IReadOnlyList<EventRow> rows)
    {
        if (_listeners.IsEmpty)
        {
            return;
        }

        lock (_pending)
        {
            foreach (var row in rows.Where(r => r.DuplicateOf is null && r.State != EventState.Pending))
            {
                _received.Enqueue(row);
                _receivedBytes += row.Body.Length;
                while (_received.Count > MostEvents || (_receivedBytes > MostBytes && _received.Count > 1))
                {
                    _receivedBytes -= _received.Dequeue().Body.Length;
                }
            }
        }

        _news.Writer.TryWrite(true);
    }

    private async Task TellAsync(CancellationToken ct)
    {
        await foreach (bool _ in _news.Reader.ReadAllAsync(ct))
        {
            try
            {
                if (Interlocked.Exchange(ref _rightsChanged, false))
                {
                    await GroupAllAsync(ct);
                }

                await SendAsync(ct);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                SendingFailed(e);
            }
        }
    }

    private async Task SendAsync(CancellationToken ct)
    {
        Dictionary<long, BoardRow> rows;
        Queue<StatusEventNews> events;
        Queue<EventRow> received;
        lock (_pending)
        {
            (rows, _rows) = (_rows, []);
            (events, _events) = (_events, []);
            (received, _received, _receivedBytes) = (_received, [], 0);
        }

        var sent = new List<Task>(rows.Count + events.Count);
        foreach (var row in rows.Values)
        {
            sent.Add(To(row.BroadcasterUserId).SendAsync("StreamerChanged", StreamerView.Of(row), ct));
        }

        foreach (var (told, slug) in events)
        {
            sent.Add(To(told.BroadcasterUserId).SendAsync("StatusEvent", StatusEventView.Of(told, slug), ct));
        }

        foreach (var row in received)
        {
            string kind = EventSight.IsPublic(row) ? string.Empty : Owner;
            sent.Add(ToInsiders(row.BroadcasterUserId, kind).SendAsync("EventReceived", EventView.Of(row, board.Snapshot, withPayload: true), ct));
            if (row.BroadcasterUserId is { } id)
            {
                sent.Add(hub.Clients.Group(GroupOf(id) + Viewers + kind).SendAsync("EventReceived", EventView.Of(row, board.Snapshot, withPayload: false), ct));
            }
        }

        await Task.WhenAny(Task.WhenAll(sent), Task.Delay(Patience, time, ct));
    }

    private IClientProxy ToInsiders(long? broadcasterUserId, string kind) =>
        broadcasterUserId is { } id ? hub.Clients.Groups(Admins, GroupOf(id) + Insiders + kind) : hub.Clients.Group(Admins);

    private IClientProxy To(long broadcasterUserId) => hub.Clients.Groups(Admins, GroupOf(broadcasterUserId));

    private static string GroupOf(long broadcasterUserId) => string.Create(CultureInfo.InvariantCulture, $"streamer:{broadcasterUserId}");

    private async Task GroupAllAsync(CancellationToken ct)
    {
        await _grouping.WaitAsync(ct);
        try
        {
            foreach (var listener in _listeners.Values)
            {
                await GroupAsync(listener);
            }
        }
        finally
        {
            _grouping.Release();
        }
    }

    /// <summary>Only under <see cref="_grouping"/>.</summary>
    private async Task GroupAsync(Listener listener)
    {
        var person = rights.Of(listener.Person);
        bool mayListen = person is not null && (listener.TokenId is not null || (listener.Stamp == person.SecurityStamp && listener.SessionId is { } session && sessions.IsKnown(session)));
        HashSet<string> wanted = !mayListen ? [] : person!.IsAdmin ? [Admins] : [.. person.Assigned.SelectMany(id => GroupsOf(person, id))];
        foreach (string group in listener.Groups.Except(wanted).ToList())
        {
            await hub.Groups.RemoveFromGroupAsync(listener.Id, group);
            listener.Groups.Remove(group);
        }

        foreach (string group in wanted.Except(listener.Groups).ToList())
        {
            await hub.Groups.AddToGroupAsync(listener.Id, group);
            listener.Groups.Add(group);
        }

        if (!mayListen)
        {
            listener.Abort();
        }
    }

    private static IEnumerable<string> GroupsOf(UserRights person, long id)
    {
        string payloads = GroupOf(id) + (person.Role == Role.Viewer ? Viewers : Insiders);
        return person.Owns(id) ? [GroupOf(id), payloads, payloads + Owner] : [GroupOf(id), payloads];
    }

    private async Task CheckTokensRegularlyAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TokensCheckedEvery, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await CheckTokensAsync(ct);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                CheckFailed(e);
            }
        }
    }

    private async Task CheckTokensAsync(CancellationToken ct)
    {
        var used = _listeners.Values.Where(l => l.TokenId is not null).ToLookup(l => l.TokenId!.Value);
        if (used.Count > 0)
        {
            var valid = await tokens.StillValidAsync([.. used.Select(u => u.Key)], ct);
            foreach (var listener in used.Where(u => !valid.Contains(u.Key)).SelectMany(u => u))
            {
                listener.Abort();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Changes could not be sent to the hub's connections")]
    private partial void SendingFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tokens of the hub's connections could not be checked; trying again in a few seconds")]
    private partial void CheckFailed(Exception exception);

    private readonly record struct StatusEventNews(StatusEvent Told, string Slug);

    private sealed class Listener(HubCallerContext connection)
    {
        public string Id => connection.ConnectionId;

        public ClaimsPrincipal Person { get; } = connection.User ?? new ClaimsPrincipal();

        public Guid? TokenId { get; } = Guid.TryParse(connection.User?.FindFirstValue(TokenSignIn.TokenIdClaim), out var id) ? id : null;

        public Guid? SessionId { get; } = connection.User?.SessionId();

        public string? Stamp { get; } = connection.User?.FindFirstValue(StampClaim);

        public HashSet<string> Groups { get; } = new(StringComparer.Ordinal);

        public void Abort() => connection.Abort();
    }
}
