using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Web.Pictures;

/// <summary>Pictures on disk, by the address that they came from. When they become too many, those unused for longest go.</summary>
public sealed partial class PictureStore(string directory, long mostBytes, TimeProvider time, ILogger<PictureStore> logger)
{
    private readonly Lock _gate = new();
    private Dictionary<string, Entry>? _entries;
    private long _bytes;

    public static string NameOf(string address) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address)).AsSpan(0, 16));

    /// <summary>When the picture was stored, and the picture; null if there is none.</summary>
    public async Task<(Picture Picture, DateTimeOffset StoredAt)?> FindAsync(string address, CancellationToken ct)
    {
        string name = NameOf(address);
        DateTimeOffset storedAt;
        lock (_gate)
        {
            if (!Entries().TryGetValue(name, out var entry))
            {
                return null;
            }

            entry.UsedAt = time.GetUtcNow();
            storedAt = entry.StoredAt;
        }

        try
        {
            // What lies on the disk is looked at again: somebody else may have written there.
            return Picture.Of(await File.ReadAllBytesAsync(PathOf(name), ct)) is { } picture ? (picture, storedAt) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Forget(name);
            return null;
        }
    }

    /// <summary>Keeps a picture. A disk that is full or read-only costs the cache, not the picture.</summary>
    public async Task KeepAsync(string address, Picture picture, CancellationToken ct)
    {
        string name = NameOf(address);
        string draft = PathOf(name) + "." + Guid.NewGuid().ToString("N")[..8];
        try
        {
            Directory.CreateDirectory(directory);
            await File.WriteAllBytesAsync(draft, picture.Bytes, ct);
            File.Move(draft, PathOf(name), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotKept(e.Message);
            return;
        }

        lock (_gate)
        {
            var entries = Entries();
            _bytes += picture.Bytes.Length - (entries.GetValueOrDefault(name)?.Bytes ?? 0);
            entries[name] = new Entry { Bytes = picture.Bytes.Length, StoredAt = time.GetUtcNow(), UsedAt = time.GetUtcNow() };
            if (_bytes > mostBytes)
            {
                MakeRoom(entries, name);
            }
        }
    }

    private void MakeRoom(Dictionary<string, Entry> entries, string except)
    {
        foreach (var (name, entry) in entries.Where(e => e.Key != except).OrderBy(e => e.Value.UsedAt).ToList())
        {
            if (_bytes <= mostBytes * 9 / 10)
            {
                return;
            }

            entries.Remove(name);
            _bytes -= entry.Bytes;
            Delete(PathOf(name));
        }
    }

    private Dictionary<string, Entry> Entries()
    {
        if (_entries is not null)
        {
            return _entries;
        }

        _entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        if (!Directory.Exists(directory))
        {
            return _entries;
        }

        foreach (var file in new DirectoryInfo(directory).EnumerateFiles())
        {
            if (!file.Name.EndsWith(".picture", StringComparison.Ordinal))
            {
                // Left by a node that ended while it wrote.
                Delete(file.FullName);
                continue;
            }

            var writtenAt = new DateTimeOffset(file.LastWriteTimeUtc);
            _entries[Path.GetFileNameWithoutExtension(file.Name)] = new Entry { Bytes = file.Length, StoredAt = writtenAt, UsedAt = writtenAt };
            _bytes += file.Length;
        }

        return _entries;
    }

    private void Forget(string name)
    {
        lock (_gate)
        {
            if (Entries().Remove(name, out var entry))
            {
                _bytes -= entry.Bytes;
            }
        }
    }

    private void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotKept(e.Message);
        }
    }

    private string PathOf(string name) => Path.Combine(directory, name + ".picture");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The picture cache could not be written: {Reason}")]
    private partial void NotKept(string reason);

    private sealed class Entry
    {
        public required long Bytes { get; init; }

        public required DateTimeOffset StoredAt { get; init; }

        public required DateTimeOffset UsedAt { get; set; }
    }
}
