using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace KickMonitor.Domain.Kick;

/// <summary>
/// One request to Kick, with the budget, time-outs (10 s in all), retries with jitter and a breaker around it. Whatever goes
/// wrong comes back as a <see cref="KickFailure"/>.
/// </summary>
public sealed class KickTransport
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AttemptPatience = TimeSpan.FromSeconds(4.5);
    private static readonly TimeSpan LongestBreak = TimeSpan.FromSeconds(30);
    private const int LargestAnswer = 8 * 1024 * 1024;
    private static readonly Meter Meter = new("KickMonitor");
    private static readonly Counter<long> Calls = Meter.CreateCounter<long>("kickmonitor.kick.calls", description: "Calls to Kick by endpoint and outcome");
    private readonly HttpClient _http;
    private readonly RequestBudget _budget;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<KickResult<JsonDocument>> _pipeline;
    private long _sent;

    /// <param name="breakFor">How long the breaker stays open; at most 30 s, and no longer than a monitoring interval.</param>
    public KickTransport(HttpClient http, RequestBudget budget, TimeProvider time, Func<TimeSpan> breakFor)
    {
        (_http, _budget, _time) = (http, budget, time);
        _pipeline = Pipeline(time, breakFor);
    }

    /// <summary>By how much this machine's clock is ahead of Kick's, as its last answer's date tells, to about a second; null before the first.</summary>
    public TimeSpan? ClockAhead { get; private set; }

    /// <summary>Requests that went out, retries included.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <param name="endpoint">Names the call in metrics.</param>
    public async Task<KickResult<JsonDocument>> SendAsync(string endpoint, CallPriority priority, Func<HttpRequestMessage> request, CancellationToken ct)
    {
        KickResult<JsonDocument> result;
        try
        {
            result = await _pipeline.ExecuteAsync(async attempt => await AttemptAsync(endpoint, priority, request, attempt), ct);
        }
        catch (BrokenCircuitException)
        {
            result = new KickFailure(KickFailureKind.Unavailable, "paused after repeated failures");
        }

        return result;
    }

    private static ResiliencePipeline<KickResult<JsonDocument>> Pipeline(TimeProvider time, Func<TimeSpan> breakFor)
    {
        static ValueTask<bool> IsTransient(Outcome<KickResult<JsonDocument>> outcome) => ValueTask.FromResult(
            outcome is { Exception: null, Result.Failure: { Kind: KickFailureKind.Unavailable } });

        return new ResiliencePipelineBuilder<KickResult<JsonDocument>> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<KickResult<JsonDocument>>
            {
                MaxRetryAttempts = 1,
                Delay = TimeSpan.FromMilliseconds(400),
                UseJitter = true,
                ShouldHandle = arguments => IsTransient(arguments.Outcome),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<KickResult<JsonDocument>>
            {
                FailureRatio = 0.9,
                MinimumThroughput = 6,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDurationGenerator = _ => ValueTask.FromResult(breakFor() is var interval && interval < LongestBreak ? interval : LongestBreak),
                ShouldHandle = arguments => IsTransient(arguments.Outcome),
            })
            .Build();
    }

    private async Task<KickResult<JsonDocument>> AttemptAsync(string endpoint, CallPriority priority, Func<HttpRequestMessage> request, CancellationToken ct)
    {
        if (!await _budget.EnterAsync(priority, Patience, ct))
        {
            return new KickFailure(KickFailureKind.RateLimited, "waiting as Kick asked");
        }

        Interlocked.Increment(ref _sent);
        using var patience = new CancellationTokenSource(AttemptPatience, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        KickResult<JsonDocument> result;
        try
        {
            using var message = request();
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            NoteClock(response.Headers);
            var body = await ReadAsync(response.Content, deadline.Token);
            result = Judge(response, body);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            result = new KickFailure(KickFailureKind.Unavailable, "no answer in time");
        }
        catch (HttpRequestException e)
        {
            result = new KickFailure(KickFailureKind.Unavailable, e.HttpRequestError is HttpRequestError.Unknown ? "the connection failed" : $"the connection failed ({e.HttpRequestError})");
        }
        catch (IOException)
        {
            result = new KickFailure(KickFailureKind.Unavailable, "the answer broke off");
        }

        if (result.Failure is { Kind: KickFailureKind.RateLimited } limited)
        {
            _budget.SlowDown(limited.RetryAfter);
        }

        Calls.Add(1, new("endpoint", endpoint), new("outcome", result.Failure?.Kind.ToString().ToLowerInvariant() ?? "ok"));
        return result;
    }

    private static async Task<ArraySegment<byte>> ReadAsync(HttpContent content, CancellationToken ct)
    {
        if (content.Headers.ContentLength > LargestAnswer)
        {
            return default;
        }

        var buffer = new ArrayBufferWriter<byte>((int)(content.Headers.ContentLength ?? 32 * 1024) + 1);
        await using var stream = await content.ReadAsStreamAsync(ct);
        while (true)
        {
            int read = await stream.ReadAsync(buffer.GetMemory(4096), ct);
            if (read == 0)
            {
                break;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > LargestAnswer)
            {
                return default;
            }
        }

        return System.Runtime.InteropServices.MemoryMarshal.TryGetArray(buffer.WrittenMemory, out var segment) ? segment : buffer.WrittenMemory.ToArray();
    }

    private KickResult<JsonDocument> Judge(HttpResponseMessage response, ArraySegment<byte> body)
    {
        int status = (int)response.StatusCode;
        bool isHtml = LooksLikeHtml(response, body);
        if (status == 429)
        {
            return new KickFailure(KickFailureKind.RateLimited, "429 Too Many Requests") { Status = status, RetryAfter = Pause(response.Headers.RetryAfter) };
        }

        if (status >= 500)
        {
            return new KickFailure(KickFailureKind.Unavailable, $"{status} {(isHtml ? "with a web page" : response.ReasonPhrase)}".TrimEnd()) { Status = status };
        }

        if (isHtml)
        {
            return new KickFailure(KickFailureKind.Blocked, $"{status} with a web page instead of data") { Status = status };
        }

        switch (status)
        {
            case 401:
                return new KickFailure(KickFailureKind.Unauthorized, "401 Unauthorized") { Status = status };
            case 403:
                return IsFirewall(body)
                    ? new KickFailure(KickFailureKind.Blocked, "403 by Kick's firewall") { Status = status }
                    : new KickFailure(KickFailureKind.Unauthorized, "403 Forbidden") { Status = status };
            case >= 400:
                return new KickFailure(KickFailureKind.Rejected, $"{status} {Reason(body)}".TrimEnd()) { Status = status };
            case >= 300:
                return new KickFailure(KickFailureKind.Unreadable, $"{status}, a redirection where data was expected") { Status = status };
        }

        return Parse(body) is { } document ? document : new KickFailure(KickFailureKind.Unreadable, $"{status} with {(body.Count == 0 ? "no body" : "a body that is no JSON")}") { Status = status };
    }

    private static JsonDocument? Parse(ArraySegment<byte> body)
    {
        if (body.Count == 0)
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool LooksLikeHtml(HttpResponseMessage response, ReadOnlySpan<byte> body) =>
        body.TrimStart(" \t\r\n"u8) is [(byte)'<', ..] || (body.IsEmpty && response.Content.Headers.ContentType?.MediaType == "text/html");

    private static bool IsFirewall(ReadOnlySpan<byte> body) => body.IndexOf("security policy"u8) >= 0;

    private static string? Reason(ArraySegment<byte> body)
    {
        using var document = Parse(body);
        if (document is null)
        {
            return null;
        }

        var root = document.RootElement;
        return root.Text("data", 200) ?? root.Text("error_description", 200) ?? root.Text("error", 200) ?? root.Text("message", 200);
    }

    private void NoteClock(HttpResponseHeaders headers)
    {
        // What comes from a cache is dated when it was put there. A date is cut off at the second, so half of one is added.
        if (headers.Date is { } date && headers.Age is null)
        {
            ClockAhead = _time.GetUtcNow() - date - TimeSpan.FromMilliseconds(500);
        }
    }

    private TimeSpan? Pause(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };
}
