using System.Diagnostics;

namespace KickMonitor.Benchmarks.Webhooks;

/// <summary>What a load met with.</summary>
internal sealed record Met(int Good, int Bad, TimeSpan Length, double[] Milliseconds)
{
    public double Rate => Good / Length.TotalSeconds;
}

/// <summary>Sends requests over many connections: as fast as they are answered, or at a pace.</summary>
internal static class Load
{
    /// <summary>Each connection sends its next request as soon as the last is answered, until the time is up or nothing is left.</summary>
    public static async Task<Met> FloodAsync(Uri server, byte[][] requests, int connections, TimeSpan length, CancellationToken ct)
    {
        var lines = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Line.OpenAsync(server, ct)));
        int next = -1, good = 0, bad = 0;
        long startedAt = Stopwatch.GetTimestamp();
        await Task.WhenAll(lines.Select(line => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(startedAt) < length && Interlocked.Increment(ref next) is var mine && mine < requests.Length)
            {
                if (await line.SendAsync(requests[mine], ct) == 200)
                {
                    Interlocked.Increment(ref good);
                }
                else
                {
                    Interlocked.Increment(ref bad);
                }
            }
        }, ct)));
        var took = Stopwatch.GetElapsedTime(startedAt);
        Array.ForEach(lines, line => line.Dispose());
        if (next >= requests.Length && took < length * 0.9)
        {
            Report.Say($"    too few deliveries were ready: {took.TotalSeconds:N1} s instead of {length.TotalSeconds:N0} s");
        }

        return new Met(good, bad, took, []);
    }

    /// <summary>
    /// A request is due every so often whether or not the ones before were answered, and its time counts from when it was due.
    /// </summary>
    public static async Task<Met> PaceAsync(Uri server, Func<int, byte[]> request, double rate, int connections, TimeSpan length, CancellationToken ct)
    {
        var lines = new System.Collections.Concurrent.ConcurrentBag<Line>(await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Line.OpenAsync(server, ct))));
        using var free = new SemaphoreSlim(connections);
        int count = (int)(rate * length.TotalSeconds), good = 0, bad = 0;
        double[] times = new double[count];
        var underway = new List<Task>(count);
        long startedAt = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            var due = TimeSpan.FromSeconds(i / rate);
            var ahead = due - Stopwatch.GetElapsedTime(startedAt);
            if (ahead > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(ahead, ct);
            }

            await free.WaitAsync(ct);
            int mine = i;
            underway.Add(Task.Run(async () =>
            {
                lines.TryTake(out var line);
                if (await line!.SendAsync(request(mine), ct) == 200)
                {
                    Interlocked.Increment(ref good);
                }
                else
                {
                    Interlocked.Increment(ref bad);
                }

                times[mine] = (Stopwatch.GetElapsedTime(startedAt) - due).TotalMilliseconds;
                lines.Add(line);
                free.Release();
            }, ct));
        }

        await Task.WhenAll(underway);
        var took = Stopwatch.GetElapsedTime(startedAt);
        foreach (var line in lines)
        {
            line.Dispose();
        }

        return new Met(good, bad, took, times);
    }
}
