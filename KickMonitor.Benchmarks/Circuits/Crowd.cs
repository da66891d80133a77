using System.Net;
using System.Text.RegularExpressions;
using KickMonitor.Benchmarks.Machinery;

namespace KickMonitor.Benchmarks.Circuits;

/// <summary>A connection that a server pushes to.</summary>
internal interface ILine : IAsyncDisposable
{
    /// <summary>Tells that the connection lives, as a browser does every 15 seconds.</summary>
    Task PingAsync(CancellationToken ct);
}

/// <summary>Many open pages of one person, or many listeners of a hub.</summary>
internal sealed partial class Crowd : IAsyncDisposable
{
    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _http;
    private readonly List<ILine> _lines = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pinging;
    private long _batches;

    private Crowd(Uri address)
    {
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies }) { BaseAddress = address };
        _pinging = PingAsync();
    }

    /// <summary>Sees every render batch as it comes.</summary>
    public Action<byte[]>? OnBatch { get; set; }

    public static async Task<Crowd> EnterAsync(Uri address, bool signsIn, CancellationToken ct)
    {
        var crowd = new Crowd(address);
        if (signsIn)
        {
            await crowd.SignInAsync(ct);
        }

        return crowd;
    }

    /// <summary>Opens this page until so many are open.</summary>
    public Task GrowAsync(int pages, string path, CancellationToken ct) =>
        GrowAsync(pages, async () => await Circuit.OpenAsync(_http, _cookies, new Uri(_http.BaseAddress!, path), Count, ct));

    /// <summary>Hides every page's tab, or shows it again.</summary>
    public Task HideAsync(bool hidden) => Task.WhenAll(_lines.OfType<Circuit>().Select(c => c.HideAsync(hidden)));

    /// <summary>Listens to this hub until so many do.</summary>
    public Task ListenAsync(int listeners, string path, CancellationToken ct) =>
        GrowAsync(listeners, async () => await HubLine.OpenAsync(new Uri(_http.BaseAddress!, path), () => Count([]), ct));

    /// <summary>Render batches that came since the last time this was asked.</summary>
    public long TakeBatches() => Interlocked.Exchange(ref _batches, 0);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pinging;
        foreach (var line in _lines)
        {
            await line.DisposeAsync();
        }

        _http.Dispose();
        _stop.Dispose();
    }

    private void Count(byte[] batch)
    {
        Interlocked.Increment(ref _batches);
        OnBatch?.Invoke(batch);
    }

    private async Task GrowAsync(int lines, Func<Task<ILine>> open)
    {
        while (_lines.Count < lines)
        {
            var line = await open();
            lock (_lines)
            {
                _lines.Add(line);
            }
        }

        TakeBatches();
    }

    private async Task SignInAsync(CancellationToken ct)
    {
        string form = await _http.GetStringAsync(new Uri("/signin", UriKind.Relative), ct);
        using var content = new FormUrlEncodedContent(
        [
            .. Hidden().Matches(form.Split("</form>").First(f => f.Contains("Input.Password", StringComparison.Ordinal))).Select(m => KeyValuePair.Create(m.Groups["name"].Value, WebUtility.HtmlDecode(m.Groups["value"].Value))),
            new("Input.Email", Stage.Email),
            new("Input.Password", Stage.Password),
        ]);
        using var answer = await _http.PostAsync(new Uri("/signin", UriKind.Relative), content, ct);
        if (_cookies.GetAllCookies()["kickmonitor"] is null)
        {
            throw new InvalidOperationException($"Signing in answered {answer.StatusCode}.");
        }
    }

    private async Task PingAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(15));
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                ILine[] lines;
                lock (_lines)
                {
                    lines = [.. _lines];
                }

                await Task.WhenAll(lines.Select(l => l.PingAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hidden();
}
