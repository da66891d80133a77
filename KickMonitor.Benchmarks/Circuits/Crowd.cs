using System.Net;
using System.Text.RegularExpressions;
using KickMonitor.Benchmarks.Machinery;

namespace KickMonitor.Benchmarks.Circuits;

/// <summary>Many open pages of one person.</summary>
internal sealed partial class Crowd : IAsyncDisposable
{
    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _http;
    private readonly List<Circuit> _circuits = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pinging;
    private long _batches;

    private Crowd(Uri address)
    {
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies }) { BaseAddress = address };
        _pinging = PingAsync();
    }

    public int Count => _circuits.Count;

    public static async Task<Crowd> EnterAsync(Uri address, bool signsIn, CancellationToken ct)
    {
        var crowd = new Crowd(address);
        if (signsIn)
        {
            await crowd.SignInAsync(ct);
        }

        return crowd;
    }

    public async Task GrowAsync(int circuits, string path, CancellationToken ct)
    {
        while (_circuits.Count < circuits)
        {
            var circuit = await Circuit.OpenAsync(_http, _cookies, new Uri(_http.BaseAddress!, path), () => Interlocked.Increment(ref _batches), ct);
            lock (_circuits)
            {
                _circuits.Add(circuit);
            }
        }

        TakeBatches();
    }

    /// <summary>Render batches that came since the last time this was asked.</summary>
    public long TakeBatches() => Interlocked.Exchange(ref _batches, 0);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pinging;
        foreach (var circuit in _circuits)
        {
            await circuit.DisposeAsync();
        }

        _http.Dispose();
        _stop.Dispose();
    }

    private async Task SignInAsync(CancellationToken ct)
    {
        string form = await _http.GetStringAsync(new Uri("/signin", UriKind.Relative), ct);
        using var content = new FormUrlEncodedContent(
        [
            .. Hidden().Matches(form).Select(m => KeyValuePair.Create(m.Groups["name"].Value, WebUtility.HtmlDecode(m.Groups["value"].Value))),
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
                Circuit[] circuits;
                lock (_circuits)
                {
                    circuits = [.. _circuits];
                }

                await Task.WhenAll(circuits.Select(c => c.PingAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hidden();
}
