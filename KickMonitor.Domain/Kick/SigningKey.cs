using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Kick;

public enum SignatureVerdict
{
    Genuine,
    Forged,

    /// <summary>There is no key to check with, so nothing can be believed.</summary>
    NoKey,
}

/// <summary>
/// The key that Kick signs deliveries with: the configured one, or the published one, which is fetched once a day and, because a
/// bad signature may mean that Kick changed it, after a bad signature too, at most once a minute. One key object serves all threads.
/// </summary>
public sealed partial class SigningKey : IDisposable
{
    public static readonly TimeSpan FetchedEvery = TimeSpan.FromDays(1);
    public static readonly TimeSpan FetchedAtMostEvery = TimeSpan.FromMinutes(1);

    private const int LeastBits = 2048;

    /// <summary>What api.kick.com has published since 2025: its endpoint hides behind a browser check for some servers.</summary>
    private const string Published =
        """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAq/+l1WnlRrGSolDMA+A8
        6rAhMbQGmQ2SapVcGM3zq8ANXjnhDWocMqfWcTd95btDydITa10kDvHzw9WQOqp2
        MZI7ZyrfzJuz5nhTPCiJwTwnEtWft7nV14BYRDHvlfqPUaZ+1KR4OCaO/wWIk/rQ
        L/TjY0M70gse8rlBkbo2a8rKhu69RQTRsoaf4DVhDPEeSeI5jVrRDGAMGL3cGuyY
        6CLKGdjVEM78g3JfYOvDU/RvfqD7L89TZ3iN94jrmWdGz34JNlEI5hqK8dd7C5EF
        BEbZ5jgB8s8ReQV8H+MkuffjdAj3ajDDX3DOJMIut1lBrUVD1AaSrGCKHooWoL2e
        twIDAQAB
        -----END PUBLIC KEY-----
        """;

    private readonly KickClient _kick;
    private readonly TimeProvider _time;
    private readonly ILogger<SigningKey> _logger;
    private readonly bool _isConfigured;
    private readonly Lock _gate = new();
    private volatile Trusted? _trusted;
    private Task _fetch = Task.CompletedTask;
    private DateTimeOffset _askedAt = DateTimeOffset.MinValue;

    /// <exception cref="FormatException">The configured key is none.</exception>
    public SigningKey(KickClient kick, KickOptions options, TimeProvider time, ILogger<SigningKey> logger)
    {
        (_kick, _time, _logger) = (kick, time, logger);
        _isConfigured = !string.IsNullOrWhiteSpace(options.PublicKey);
        if (_isConfigured)
        {
            _trusted = Read(Configured(options.PublicKey!.Trim())) ?? throw new FormatException("Kick:PublicKey is neither an RSA public key in PEM nor a file that holds one.");
        }
        else if (Uri.TryCreate(options.ApiBaseUrl, UriKind.Absolute, out var api) && api is { Scheme: "https", Host: "api.kick.com" })
        {
            _trusted = Read(Published);
        }
    }

    /// <summary>Where the key in use comes from, for people.</summary>
    public string Origin => _isConfigured ? "configured" : _fetchedAt is not null ? "fetched" : _trusted is not null ? "built in" : "missing";

    public DateTimeOffset? FetchedAt => _fetchedAt;

    /// <summary>Why the last attempt to fetch it failed; null if it did not.</summary>
    public string? Problem { get; private set; }

    private DateTimeOffset? _fetchedAt;

    /// <param name="signed">Message id, timestamp and raw body, joined by dots.</param>
    public async ValueTask<SignatureVerdict> VerifyAsync(ReadOnlyMemory<byte> signed, ReadOnlyMemory<byte> signature, CancellationToken ct)
    {
        var trusted = _trusted;
        if (!_isConfigured && _time.GetUtcNow() - _askedAt >= FetchedEvery)
        {
            // Nobody waits for it: the key at hand is most likely still the one.
            _ = RefreshAsync(FetchedEvery);
        }

        if (trusted is not null && trusted.Verifies(signed.Span, signature.Span))
        {
            return SignatureVerdict.Genuine;
        }

        if (!_isConfigured)
        {
            await RefreshAsync(FetchedAtMostEvery).WaitAsync(ct);
            if (_trusted is { } newer && newer != trusted && newer.Verifies(signed.Span, signature.Span))
            {
                return SignatureVerdict.Genuine;
            }
        }

        return _trusted is null ? SignatureVerdict.NoKey : SignatureVerdict.Forged;
    }

    /// <summary>Fetches the key if the last attempt is older than this; whoever comes meanwhile waits for the same answer.</summary>
    public Task RefreshAsync(TimeSpan ifOlderThan)
    {
        if (_isConfigured)
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_fetch.IsCompleted && (now - _askedAt >= ifOlderThan || now < _askedAt))
            {
                _askedAt = now;
                _fetch = FetchAsync();
            }

            return _fetch;
        }
    }

    public void Dispose() => _trusted?.Dispose();

    private static string Configured(string setting)
    {
        if (setting.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            // In an environment variable the line ends are often written out.
            return setting.Replace("\\n", "\n", StringComparison.Ordinal);
        }

        try
        {
            return File.ReadAllText(setting);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FormatException($"Kick:PublicKey names a file that cannot be read: {e.Message}", e);
        }
    }

    private static Trusted? Read(string pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            if (rsa.KeySize >= LeastBits)
            {
                return new Trusted(rsa, Convert.ToHexString(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo())));
            }
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
        }

        rsa.Dispose();
        return null;
    }

    private async Task FetchAsync()
    {
        // Never on the caller's thread, which holds the gate.
        await Task.Yield();
        var answer = await _kick.GetPublicKeyAsync(CancellationToken.None);
        var fetched = answer.IsOk ? Read(answer.Value) : null;
        if (fetched is null)
        {
            Problem = answer.Failure?.ToString() ?? "Kick answered something that is no RSA public key of 2048 bits or more";
            NotFetched(Problem);
            return;
        }

        (Problem, _fetchedAt) = (null, _time.GetUtcNow());
        if (_trusted?.Fingerprint == fetched.Fingerprint)
        {
            fetched.Dispose();
            return;
        }

        if (_trusted is not null)
        {
            Changed(fetched.Fingerprint[..16]);
        }

        // The old one is left to the collector: other threads may be verifying with it.
        _trusted = fetched;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The key that Kick signs webhooks with could not be fetched: {Reason}")]
    private partial void NotFetched(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Kick signs webhooks with another key now: SHA-256 {Fingerprint}…")]
    private partial void Changed(string fingerprint);

    private sealed record Trusted(RSA Key, string Fingerprint) : IDisposable
    {
        public bool Verifies(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) =>
            signature.Length == Key.KeySize / 8 && Key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

        public void Dispose() => Key.Dispose();
    }
}
