using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Benchmarks.Webhooks;

/// <summary>
/// Deliveries that are ready to be written to a socket, each with an id of its own and signed beforehand, so that making them
/// takes nothing from whom they are sent to.
/// </summary>
internal sealed class SignedDeliveries : IDisposable
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private readonly RSA _key = RSA.Create(2048);

    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>A whole request: a follow of this channel by somebody new, as long as what Kick sends.</summary>
    public byte[] Request(long number, long broadcaster) => Sign(
        number, "channel.followed",
            $$"""{"broadcaster":{"is_anonymous":false,"user_id":{{broadcaster}},"username":"Benchmark_Streamer","is_verified":true,"profile_picture":"https://files.kick.com/images/user/{{broadcaster}}/profile_image/conversion/6f1d0c1e-0000-4000-8000-000000000001-medium.webp","channel_slug":"benchmark-streamer","identity":null},"follower":{"is_anonymous":false,"user_id":{{7_000_000_000 + number}},"username":"Viewer_{{number}}","is_verified":false,"profile_picture":"https://files.kick.com/images/user/7654321/profile_image/conversion/6f1d0c1e-0000-4000-8000-000000000002-medium.webp","channel_slug":"viewer-{{number}}","identity":null} }""");

    /// <summary>A start of a stream that has just begun.</summary>
    public byte[] Start(long number, long broadcaster, string title) => Sign(
        number, "livestream.status.updated",
        $$"""{"broadcaster":{"is_anonymous":false,"user_id":{{broadcaster}},"username":"Benchmark_Streamer","is_verified":null,"profile_picture":"","channel_slug":"benchmark-streamer","identity":null},"is_live":true,"title":"{{title}}","started_at":"{{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ssZ}}","ended_at":null}""");

    private byte[] Sign(long number, string type, string text)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        string id = Ulid(number);
        string timestamp = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string signature = Convert.ToBase64String(_key.SignData([.. Encoding.ASCII.GetBytes($"{id}.{timestamp}."), .. body], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        byte[] head = Encoding.ASCII.GetBytes(
            $"POST /webhooks/kick HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Go-http-client/1.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nKick-Event-Message-Id: {id}\r\nKick-Event-Subscription-Id: 01M4ABCDEF0000000000000001\r\nKick-Event-Signature: {signature}\r\nKick-Event-Message-Timestamp: {timestamp}\r\nKick-Event-Type: {type}\r\nKick-Event-Version: 1\r\n\r\n");
        return [.. head, .. body];
    }

    /// <summary>Signs many on all cores.</summary>
    public byte[][] Requests(long first, int count, IReadOnlyList<long> broadcasters)
    {
        var requests = new byte[count][];
        Parallel.For(0, count, i => requests[i] = Request(first + i, broadcasters[(int)((first + i) % broadcasters.Count)]));
        return requests;
    }

    public void Dispose() => _key.Dispose();

    /// <summary>The time in ten characters, and the number in sixteen.</summary>
    private static string Ulid(long number)
    {
        Span<char> text = stackalloc char[26];
        long time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (int i = 9; i >= 0; i--, time >>= 5)
        {
            text[i] = Alphabet[(int)(time & 31)];
        }

        for (int i = 25; i >= 10; i--, number >>= 5)
        {
            text[i] = Alphabet[(int)(number & 31)];
        }

        return new string(text);
    }
}
