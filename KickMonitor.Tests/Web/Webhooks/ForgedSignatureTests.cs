using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Tests.Web.Webhooks;

/// <summary>The kinds of wrong RSA PKCS#1 v1.5 signatures that Project Wycheproof tries, made with the right key where that takes one.</summary>
public sealed class ForgedSignatureTests(SharedWebhookHost shared) : IClassFixture<SharedWebhookHost>
{
    private static readonly byte[] Body = """{"broadcaster":{"user_id":1},"follower":{"user_id":2}}"""u8.ToArray();

    // SEQUENCE { SEQUENCE { OID sha256, NULL }, OCTET STRING(32) }
    private static readonly byte[] Sha256Info = Convert.FromHexString("3031300d060960864801650304020105000420");

    private WebhookHost Host => shared.Host;

    public static TheoryData<string> Kinds => [.. Forgeries.Keys];

    private static Dictionary<string, Func<byte[], RSA, byte[]>> Forgeries { get; } = new(StringComparer.Ordinal)
    {
        ["no NULL in the algorithm"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("302f300b0609608648016503040201"), 0x04, 0x20, .. SHA256.HashData(m)])),
        ["NULL of length one"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3032300e06096086480165030402010501000420"), .. SHA256.HashData(m)])),
        ["long form length of the outer sequence"] = (m, k) => Raw(k, Padded([0x30, 0x81, 0x31, .. Sha256Info[2..], .. SHA256.HashData(m)])),
        ["long form length of the inner sequence"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("303230810d06096086480165030402010500"), 0x04, 0x20, .. SHA256.HashData(m)])),
        ["long form length of the digest"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3032300d06096086480165030402010500"), 0x04, 0x81, 0x20, .. SHA256.HashData(m)])),
        ["indefinite length"] = (m, k) => Raw(k, Padded([0x30, 0x80, .. Sha256Info[2..], .. SHA256.HashData(m), 0, 0])),
        ["indefinite length of the algorithm"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3033308006096086480165030402010500"), 0, 0, 0x04, 0x20, .. SHA256.HashData(m)])),
        ["length of 2^32 more"] = (m, k) => Raw(k, Padded([0x30, 0x85, 0x01, 0, 0, 0, 0x31, .. Sha256Info[2..], .. SHA256.HashData(m)])),
        ["length of 2^64 more"] = (m, k) => Raw(k, Padded([0x30, 0x89, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x31, .. Sha256Info[2..], .. SHA256.HashData(m)])),
        ["length with a zero before"] = (m, k) => Raw(k, Padded([0x30, 0x82, 0x00, 0x31, .. Sha256Info[2..], .. SHA256.HashData(m)])),
        ["length of all that follows and more"] = (m, k) => Raw(k, Padded([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, .. Sha256Info[2..], .. SHA256.HashData(m)])),
        ["digest in two parts"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3035300d06096086480165030402010500"), 0x24, 0x24, 0x04, 0x10, .. SHA256.HashData(m)[..16], 0x04, 0x10, .. SHA256.HashData(m)[16..]])),
        ["digest a byte short"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3030300d06096086480165030402010500041f"), .. SHA256.HashData(m)[..31]])),
        ["digest with a zero before"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3032300d060960864801650304020105000421"), 0, .. SHA256.HashData(m)])),
        ["digest with a zero behind"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3032300d060960864801650304020105000421"), .. SHA256.HashData(m), 0])),
        ["digest that is empty"] = (_, k) => Raw(k, Padded(Convert.FromHexString("3011300d060960864801650304020105000400"))),
        ["digest that is all zeros"] = (_, k) => Raw(k, Padded([.. Sha256Info, .. new byte[32]])),
        ["digest of the digest"] = (m, k) => Raw(k, Padded([.. Sha256Info, .. SHA256.HashData(SHA256.HashData(m))])),
        ["algorithm with a number too many"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3032300e060a608648016503040201000500"), 0x04, 0x20, .. SHA256.HashData(m)])),
        ["algorithm with a zero before"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3032300e060a806086480165030402010500"), 0x04, 0x20, .. SHA256.HashData(m)])),
        ["algorithm twice"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3040300d06096086480165030402010500300d06096086480165030402010500"), 0x04, 0x20, .. SHA256.HashData(m)])),
        ["no algorithm"] = (m, k) => Raw(k, Padded([0x30, 0x22, 0x04, 0x20, .. SHA256.HashData(m)])),
        ["nothing but the sequence"] = (_, k) => Raw(k, Padded([0x30, 0x00])),
        ["garbage in the algorithm"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3033300f060960864801650304020105000500"), 0x04, 0x20, .. SHA256.HashData(m)])),
        ["garbage before the sequence"] = (m, k) => Raw(k, Padded([0x05, 0x00, .. Sha256Info, .. SHA256.HashData(m)])),
        ["seven bytes of padding and zeros"] = (m, k) => Raw(k, [0, 1, .. Enumerable.Repeat((byte)0xff, 7), .. new byte[256 - 9 - 51], .. Sha256Info, .. SHA256.HashData(m)]),
        ["padding of zeros"] = (m, k) => Raw(k, [0, 1, .. new byte[256 - 2 - 51], .. Sha256Info, .. SHA256.HashData(m)]),
        ["garbage after the digest inside"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3033300d060960864801650304020105000420"), .. SHA256.HashData(m), 0x05, 0x00])),
        ["garbage after the sequence"] = (m, k) => Raw(k, Padded([.. Sha256Info, .. SHA256.HashData(m), 0xde, 0xad])),
        ["short padding and garbage at the end (Bleichenbacher)"] = (m, k) => Raw(k, Fill([0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, .. Sha256Info, .. SHA256.HashData(m)])),
        ["no padding"] = (m, k) => Raw(k, Fill([0, 1, 0, .. Sha256Info, .. SHA256.HashData(m)])),
        ["padding with a zero within"] = (m, k) => Raw(k, Spoil(Good(m), at: 10, to: 0)),
        ["padding with another byte"] = (m, k) => Raw(k, Spoil(Good(m), at: 50, to: 0xfe)),
        ["block type 0"] = (m, k) => Raw(k, Spoil(Good(m), at: 1, to: 0)),
        ["block type 2"] = (m, k) => Raw(k, Spoil(Good(m), at: 1, to: 2)),
        ["first byte 1"] = (m, k) => Raw(k, Spoil(Good(m), at: 0, to: 1)),
        ["separator is no zero"] = (m, k) => Raw(k, Spoil(Good(m), at: 256 - 51 - 1, to: 1)),
        ["bare digest"] = (m, k) => Raw(k, Padded(SHA256.HashData(m))),
        ["SHA-1"] = (m, k) => k.SignData(m, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1),
        ["SHA-384"] = (m, k) => k.SignData(m, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        ["SHA-512"] = (m, k) => k.SignData(m, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        ["SHA-512 called SHA-256"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3051300d060960864801650304020105000440"), .. SHA512.HashData(m)])),
        ["SHA-256 called SHA-224"] = (m, k) => Raw(k, Padded([.. Convert.FromHexString("3031300d060960864801650304020405000420"), .. SHA256.HashData(m)])),
        ["wrong tag for the algorithm"] = (m, k) => Raw(k, Padded([0x31, .. Sha256Info[1..], .. SHA256.HashData(m)])),
        ["wrong tag for the digest"] = (m, k) => Raw(k, Padded([.. Sha256Info[..^2], 0x05, 0x20, .. SHA256.HashData(m)])),
        ["PSS"] = (m, k) => k.SignData(m, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        ["another message"] = (_, k) => k.SignData("another"u8.ToArray(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        ["empty message"] = (_, k) => k.SignData([], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        ["another key"] = (m, _) =>
        {
            using var other = RSA.Create(2048);
            return other.SignData(m, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        },
        ["a longer key"] = (m, _) =>
        {
            using var other = RSA.Create(4096);
            return other.SignData(m, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        },
        ["zero"] = (_, _) => new byte[256],
        ["one"] = (_, _) => Spoil(new byte[256], 255, 1),
        ["the modulus"] = (_, k) => k.ExportParameters(false).Modulus!,
        ["the modulus less one"] = (_, k) => Number(N(k) - 1, 256),
        ["the modulus and one"] = (_, k) => Number(N(k) + 1, 256),
        ["minus a good one"] = (m, k) => Number(N(k) - new BigInteger(Sign(k, m), true, true), 256),
        ["all ones"] = (_, _) => [.. Enumerable.Repeat((byte)0xff, 256)],
        ["a good one plus the modulus"] = (m, k) => Number(new BigInteger(Sign(k, m), true, true) + N(k), 257),
        ["a good one, a byte short"] = (m, k) => Sign(k, m)[..^1],
        ["a good one, its first byte missing"] = (m, k) => Sign(k, m)[1..],
        ["a good one with a zero before"] = (m, k) => [0, .. Sign(k, m)],
        ["a good one with a zero behind"] = (m, k) => [.. Sign(k, m), 0],
        ["a good one twice"] = (m, k) => [.. Sign(k, m), .. Sign(k, m)],
        ["the first bit flipped"] = (m, k) => Flip(Sign(k, m), 0, 0x80),
        ["the last bit flipped"] = (m, k) => Flip(Sign(k, m), 255, 1),
        ["HMAC with the public key"] = (m, k) => HMACSHA256.HashData(k.ExportSubjectPublicKeyInfo(), m),
        ["as long as an Ed25519 one"] = (_, _) => RandomNumberGenerator.GetBytes(64),
        ["random"] = (_, _) => RandomNumberGenerator.GetBytes(256),
        ["nothing but one byte"] = (_, _) => [1],
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_forgery_is_401_and_leaves_nothing(string kind)
    {
        var id = "forged-" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(kind)))[..16];
        var timestamp = WebhookHost.Now();
        var signature = Forgeries[kind](WebhookHost.Signed(id, timestamp, Body), Host.Key);
        (await Host.StatusAsync(id, "channel.followed", Body, r => Replace(r, Convert.ToBase64String(signature)), timestamp)).ShouldBe(401);
        (await Host.CountAsync($"message_id = '{id}'")).ShouldBe(0);
    }

    [Fact]
    public async Task Every_byte_of_the_encoding_counts()
    {
        string id = "forged-bytes", timestamp = WebhookHost.Now();
        byte[] good = Good(WebhookHost.Signed(id, timestamp, Body));
        var taken = new System.Collections.Concurrent.ConcurrentBag<int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, good.Length), async (at, _) =>
        {
            byte[] signature = Raw(Host.Key, Flip([.. good], at, (byte)(1 << (at % 8))));
            if (await Host.StatusAsync(id, "channel.followed", Body, r => Replace(r, Convert.ToBase64String(signature)), timestamp) != 401)
            {
                taken.Add(at);
            }
        });
        taken.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("!!!")]
    [InlineData("AAAA")]
    [InlineData("====")]
    [InlineData("null")]
    public async Task What_is_no_signature_at_all_is_401(string signature) =>
        (await Host.StatusAsync("forged-text", "channel.followed", Body, r => Replace(r, signature))).ShouldBe(401);

    [Fact]
    public async Task A_good_signature_in_other_spellings_is_401()
    {
        var timestamp = WebhookHost.Now();
        var good = Host.Sign("forged-spelling", timestamp, Body);
        foreach (var spelling in new[] { good.TrimEnd('='), good.Replace('+', '-').Replace('/', '_') + "_", good + "\t" + "A", Convert.ToHexString(Convert.FromBase64String(good)) })
        {
            (await Host.StatusAsync("forged-spelling", "channel.followed", Body, r => Replace(r, spelling), timestamp)).ShouldBe(401, spelling);
        }
    }

    [Fact]
    public async Task What_is_signed_cannot_be_changed_but_the_type_can()
    {
        var timestamp = WebhookHost.Now();
        var good = Host.Sign("forged-parts", timestamp, Body);
        (await Host.StatusAsync("forged-part", "channel.followed", Body, r => Replace(r, good), timestamp)).ShouldBe(401);
        (await Host.StatusAsync("forged-parts", "channel.followed", [.. Body, (byte)' '], r => Replace(r, good), timestamp)).ShouldBe(401);
        (await Host.StatusAsync("forged-parts", "channel.followed", Body, r => Replace(r, good), timestamp.Replace("Z", "+00:00"))).ShouldBe(401);
        (await Host.StatusAsync("forged-parts", "kicks.gifted", Body, r => Replace(r, good), timestamp)).ShouldBe(200);
    }

    [Fact]
    public async Task The_raw_encoding_itself_is_right() =>
        (await SendRawAsync("forged-control", m => Raw(Host.Key, Good(m)))).ShouldBe(200);

    private async Task<int> SendRawAsync(string id, Func<byte[], byte[]> sign)
    {
        var timestamp = WebhookHost.Now();
        return await Host.StatusAsync(id, "channel.followed", Body, r => Replace(r, Convert.ToBase64String(sign(WebhookHost.Signed(id, timestamp, Body)))), timestamp);
    }

    private static void Replace(HttpRequestMessage request, string signature)
    {
        request.Headers.Remove("Kick-Event-Signature");
        request.Headers.TryAddWithoutValidation("Kick-Event-Signature", signature);
    }

    private static byte[] Good(byte[] message) => Padded([.. Sha256Info, .. SHA256.HashData(message)]);

    private static byte[] Padded(byte[] info) => [0, 1, .. Enumerable.Repeat((byte)0xff, 256 - 3 - info.Length), 0, .. info];

    private static byte[] Fill(byte[] start) => [.. start, .. Enumerable.Repeat((byte)0xab, 256 - start.Length)];

    private static byte[] Sign(RSA key, byte[] message) => key.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static byte[] Raw(RSA key, byte[] encoded)
    {
        var parameters = key.ExportParameters(true);
        return Number(BigInteger.ModPow(new BigInteger(encoded, true, true), new BigInteger(parameters.D, true, true), N(key)), 256);
    }

    private static BigInteger N(RSA key) => new(key.ExportParameters(false).Modulus, true, true);

    private static byte[] Number(BigInteger value, int length)
    {
        byte[] bytes = value.ToByteArray(true, true);
        return bytes.Length >= length ? bytes : [.. new byte[length - bytes.Length], .. bytes];
    }

    private static byte[] Spoil(byte[] encoded, int at, byte to)
    {
        encoded[at] = to;
        return encoded;
    }

    private static byte[] Flip(byte[] signature, int at, byte mask)
    {
        signature[at] ^= mask;
        return signature;
    }
}
