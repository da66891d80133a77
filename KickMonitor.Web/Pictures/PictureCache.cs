using System.Collections.Concurrent;

namespace KickMonitor.Web.Pictures;

/// <summary>Gives pictures from the disk, and fetches what is not there: each once, few at a time, and not again soon after a failure.</summary>
public sealed class PictureCache(PictureSource source, PictureStore store, TimeProvider time) : IDisposable
{
    private const int MostFailures = 20_000;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(10);

    // A browser opens six connections: pictures that hang must not keep it from everything else.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1.5);
    private readonly ConcurrentDictionary<string, Task<Picture?>> _fetching = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _failures = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _few = new(6, 6);

    /// <summary>The picture at this address.</summary>
    /// <param name="freshFor">How old a stored one may be; an older one is shown while a newer one is on its way.</param>
    /// <returns>Null if there is none yet, or none to be had.</returns>
    public async Task<Picture?> FindAsync(string address, TimeSpan freshFor, CancellationToken ct)
    {
        var stored = await store.FindAsync(address, ct);
        if (stored is { } found)
        {
            if (time.GetUtcNow() - found.StoredAt > freshFor)
            {
                _ = FetchOnceAsync(address);
            }

            return found.Picture;
        }

        var fetching = FetchOnceAsync(address);
        return await Task.WhenAny(fetching, Task.Delay(LongestWait, time, ct)) == fetching ? await fetching : null;
    }

    public void Dispose() => _few.Dispose();

    private Task<Picture?> FetchOnceAsync(string address)
    {
        if (_failures.TryGetValue(address, out var until) && time.GetUtcNow() < until)
        {
            return Task.FromResult<Picture?>(null);
        }

        return _fetching.GetOrAdd(address, FetchAsync);
    }

    private async Task<Picture?> FetchAsync(string address)
    {
        // What awaits runs after the task is in the dictionary, or it could not be taken out of it.
        await Task.Yield();
        try
        {
            await _few.WaitAsync();
            try
            {
                if (await source.FetchAsync(address, CancellationToken.None) is FetchPicture.Fetched(var picture))
                {
                    _failures.TryRemove(address, out _);
                    await store.KeepAsync(address, picture, CancellationToken.None);
                    return picture;
                }
            }
            finally
            {
                _few.Release();
            }

            if (_failures.Count >= MostFailures)
            {
                _failures.Clear();
            }

            _failures[address] = time.GetUtcNow() + RetryAfter;
            return null;
        }
        finally
        {
            _fetching.TryRemove(address, out _);
        }
    }
}
