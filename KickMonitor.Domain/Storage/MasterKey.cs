using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Domain.Storage;

/// <summary>
/// The key that the database alone does not reveal: 32 bytes, from the <c>MasterKey</c> setting or a file that only the owner can read.
/// </summary>
public sealed class MasterKey
{
    private const int Size = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private readonly byte[] _key;

    private MasterKey(byte[] key) => _key = key;

    /// <summary>Tells two keys apart without revealing either.</summary>
    public string Fingerprint => Convert.ToHexStringLower(Derive("kickmonitor master key"))[..32];

    /// <summary>32 bytes that follow from this key and the purpose, and from which the key cannot be found.</summary>
    public byte[] Derive(string purpose) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(purpose));

    /// <exception cref="FormatException">It is not base64 of 32 bytes, or its file is open to everybody.</exception>
    public static MasterKey Load(string? setting, string dataDirectory)
    {
        if (!string.IsNullOrWhiteSpace(setting))
        {
            return Parse(setting, "MasterKey (KICKMONITOR_MASTER_KEY)");
        }

        return ReadOrCreate(FileIn(dataDirectory));
    }

    public static string FileIn(string dataDirectory) => Path.Combine(dataDirectory, "master.key");

    /// <inheritdoc cref="Load"/>
    public static MasterKey Read(string file)
    {
        const UnixFileMode others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & others) == UnixFileMode.None
            ? Parse(File.ReadAllText(file), file)
            : throw new FormatException($"Everybody on this machine can read or change the master key. Make it its owner's: chmod 600 {file}");
    }

    /// <inheritdoc cref="Load"/>
    public static MasterKey ReadOrCreate(string file)
    {
        if (!File.Exists(file))
        {
            Create(file);
        }

        return Read(file);
    }

    public byte[] Encrypt(ReadOnlySpan<byte> plain, string purpose)
    {
        var box = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        using var aes = new AesGcm(_key, TagSize);
        aes.Encrypt(box.AsSpan(0, NonceSize), plain, box.AsSpan(NonceSize, plain.Length), box.AsSpan(NonceSize + plain.Length), Encoding.UTF8.GetBytes(purpose));
        return box;
    }

    /// <exception cref="CryptographicException">Another key or purpose, or a changed byte.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> box, string purpose)
    {
        if (box.Length < NonceSize + TagSize)
        {
            throw new CryptographicException("The encrypted value is too short.");
        }

        var plain = new byte[box.Length - NonceSize - TagSize];
        using var aes = new AesGcm(_key, TagSize);
        aes.Decrypt(box[..NonceSize], box[NonceSize..^TagSize], box[^TagSize..], plain, Encoding.UTF8.GetBytes(purpose));
        return plain;
    }

    /// <summary>
    /// After a file was moved: what the database commits under its key must not outlive the name. The file systems of Linux write the
    /// name down with the file that has it.
    /// </summary>
    internal static void KeepName(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        stream.Flush(flushToDisk: true);
    }

    private static MasterKey Parse(string text, string where)
    {
        var key = new byte[Size];
        if (!Convert.TryFromBase64String(text.Trim(), key, out int written) || written != Size)
        {
            throw new FormatException($"{where} must be 32 bytes in base64, as `openssl rand -base64 32` prints them.");
        }

        return key.AsSpan().ContainsAnyExcept(key[0])
            ? new MasterKey(key)
            : throw new FormatException($"{where} is the same byte 32 times, which anybody guesses. Make one with `openssl rand -base64 32`.");
    }

    private static void Create(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string draft = $"{file}.{Guid.NewGuid():N}";
        using (var stream = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(Size))));
            stream.Flush(flushToDisk: true);
        }

        try
        {
            // Whoever comes second takes the first one's key.
            File.Move(draft, file, overwrite: false);
            KeepName(file);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(draft);
        }
    }
}
