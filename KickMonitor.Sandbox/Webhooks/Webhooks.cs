using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace KickMonitor.Sandbox;

/// <summary>One attempt to deliver, and what came of it.</summary>
public sealed record SentDelivery(string MessageId, string Type, long BroadcasterId, DateTimeOffset At, int Attempt, int? Status, string? Problem);

/// <summary>Sends events to the app: signed, at least once at best, and as unreliably as it is told to.</summary>
public sealed class Webhooks : IDisposable
{
    private const int Kept = 2000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan[] RetryAfter = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];
    private readonly EventSubscriptions _subscriptions;
    private readonly Signing _signing;
    private readonly TimeProvider _time;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, MaxConnectionsPerServer = 64 }) { Timeout = Patience };
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentQueue<SentDelivery> _history = new();
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly Random _dice;
    private readonly Lock _rolling = new();
    private Message? _heldBack;
    private int _underway;
    private long _delivered;

    public Webhooks(EventSubscriptions subscriptions, Signing signing, WebhookFaults faults, World world, SandboxOptions options, TimeProvider time)
    {
        (_subscriptions, _signing, Faults, _time, _dice) = (subscriptions, signing, faults, time, new Random(options.Seed));
        Bodies = new EventBodies(faults);
        subscriptions.Url = options.WebhookUrl;
        world.Changed += OnChanged;
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Go-http-client", "1.1"));
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <summary>Where the app said that it listens; null: webhooks are switched off.</summary>
    public Uri? Url
    {
        get => _subscriptions.Url;
        set => _subscriptions.Url = value;
    }

    /// <summary>False: the world's changes are told to nobody; events can still be sent by hand.</summary>
    public bool TellsChanges { get; set; } = true;

    public WebhookFaults Faults { get; }

    public EventBodies Bodies { get; }

    public long Delivered => Interlocked.Read(ref _delivered);

    /// <summary>Deliveries that are on their way or wait for another attempt.</summary>
    public int Underway => Volatile.Read(ref _underway);

    public IReadOnlyList<SentDelivery> History => [.. _history];

    /// <summary>Tells an event to every subscription of it.</summary>
    /// <returns>How many deliveries were begun, those that will be lost included.</returns>
    public int Tell(string type, long broadcasterId, byte[] body)
    {
        var subscriptions = _subscriptions.All.Where(s => s.Event == type && s.BroadcasterId == broadcasterId).ToList();
        foreach (var subscription in subscriptions)
        {
            Send(type, broadcasterId, body, subscription.Id, Faults.OldUrlKept ? subscription.Url : null);
        }

        return subscriptions.Count;
    }

    /// <summary>Sends a delivery whether or not anybody subscribed.</summary>
    public void Send(string type, long broadcasterId, byte[] body, string? subscriptionId = null, Uri? to = null)
    {
        var hit = Faults.Hits(type, broadcasterId);
        if (Url is null || (hit && Rolls(Faults.Lost)))
        {
            return;
        }

        var message = NewMessage(type, broadcasterId, body, subscriptionId ?? Ulid.New(_time.GetUtcNow()), hit, to ?? Url);
        if (hit && Faults.Reordered)
        {
            Message? earlier;
            lock (_rolling)
            {
                (earlier, _heldBack) = (_heldBack, _heldBack is null ? message : null);
            }

            if (earlier is not null)
            {
                _ = DeliverThenAsync(message, earlier);
            }
        }
        else
        {
            _ = DeliverAsync(message);
        }

        if (hit && Rolls(Faults.RepeatedId))
        {
            _ = DeliverAsync(message);
        }

        if (hit && Rolls(Faults.NewId))
        {
            _ = DeliverAsync(NewMessage(type, broadcasterId, body, message.SubscriptionId, hit, message.To));
        }
    }

    public void Dispose()
    {
        _over.Cancel();
        _http.Dispose();
        _over.Dispose();
    }

    private bool Rolls(double probability)
    {
        lock (_rolling)
        {
            return probability > 0 && _dice.NextDouble() < probability;
        }
    }

    private Message NewMessage(string type, long broadcasterId, byte[] body, string subscriptionId, bool hit, Uri to)
    {
        var now = _time.GetUtcNow();
        var id = Ulid.New(now);
        var timestamp = KickJson.Time(now);
        var signature = hit && Rolls(Faults.WrongSignature) ? _signing.Sign(id, timestamp, [.. body, (byte)' ']) : _signing.Sign(id, timestamp, body);
        var told = hit && Rolls(Faults.UnknownType) ? "channel.raided"
            : hit && Rolls(Faults.WrongType) ? EventTypes.All[(EventTypes.All.ToList().IndexOf(type) + 1) % EventTypes.All.Count]
            : type;
        return new Message(id, timestamp, signature, told, broadcasterId, body, subscriptionId, to)
        {
            Delay = hit && Rolls(Faults.LateShare) ? TimeSpan.FromSeconds(Faults.LateSeconds) : TimeSpan.Zero,
        };
    }

    private async Task DeliverThenAsync(Message first, Message second)
    {
        await DeliverAsync(first);
        await DeliverAsync(second);
    }

    private async Task DeliverAsync(Message message)
    {
        Interlocked.Increment(ref _underway);
        try
        {
            await Task.Delay(message.Delay, _time, _over.Token);
            for (var attempt = 1; ; attempt++)
            {
                if (await AttemptAsync(message, attempt))
                {
                    Interlocked.Increment(ref _delivered);
                    _failures[message.Type] = 0;
                    return;
                }

                if (attempt > Faults.Retries)
                {
                    break;
                }

                await Task.Delay(RetryAfter[Math.Min(attempt, RetryAfter.Length) - 1], _time, _over.Token);
            }

            var failures = _failures.AddOrUpdate(message.Type, 1, (_, n) => n + 1);
            if (Faults.UnsubscribeAfter > 0 && failures >= Faults.UnsubscribeAfter)
            {
                _subscriptions.RemoveAll(message.Type);
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
        }
        finally
        {
            Interlocked.Decrement(ref _underway);
        }
    }

    private async Task<bool> AttemptAsync(Message message, int attempt)
    {
        int? status = null;
        string? problem = null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, message.To) { Content = new ByteArrayContent(message.Body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("Kick-Event-Message-Id", message.Id);
            request.Headers.Add("Kick-Event-Subscription-Id", message.SubscriptionId);
            request.Headers.Add("Kick-Event-Signature", message.Signature);
            request.Headers.Add("Kick-Event-Message-Timestamp", message.Timestamp);
            request.Headers.Add("Kick-Event-Type", message.Type);
            request.Headers.Add("Kick-Event-Version", "1");
            using var answer = await _http.SendAsync(request, _over.Token);
            status = (int)answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or InvalidOperationException && !_over.IsCancellationRequested)
        {
            problem = e is OperationCanceledException ? "no answer in time" : e.Message;
        }

        _history.Enqueue(new SentDelivery(message.Id, message.Type, message.BroadcasterId, _time.GetUtcNow(), attempt, status, problem));
        while (_history.Count > Kept)
        {
            _history.TryDequeue(out _);
        }

        return status == (int)HttpStatusCode.OK;
    }

    /// <summary>Runs under the world's lock, so it only begins.</summary>
    private void OnChanged(Streamer? before, Streamer after)
    {
        if (before is null || Url is null || !TellsChanges)
        {
            return;
        }

        if (before.Broadcast?.Id != after.Broadcast?.Id)
        {
            if (after.Broadcast is { } began)
            {
                Tell(EventTypes.Status, after.Id, Bodies.Status(after, began, isLive: true));
                Tell(EventTypes.Metadata, after.Id, Bodies.Metadata(after, began));
            }
            else if (after.LastBroadcast is { EndedAt: not null } ended)
            {
                Tell(EventTypes.Status, after.Id, Bodies.Status(after, ended, isLive: false));
            }
        }
        else if (after.Broadcast is { } now && (now.Title, now.Category.Id) != (before.Broadcast!.Title, before.Broadcast.Category.Id))
        {
            Tell(EventTypes.Metadata, after.Id, Bodies.Metadata(after, now));
        }
    }

    private sealed record Message(string Id, string Timestamp, string Signature, string Type, long BroadcasterId, byte[] Body, string SubscriptionId, Uri To)
    {
        public TimeSpan Delay { get; init; }
    }
}
