using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Web.Webhooks;

public sealed class ReceptionTests(SharedWebhookHost shared) : IClassFixture<SharedWebhookHost>
{
    private static readonly byte[] Followed = """{"broadcaster":{"user_id":1234567},"follower":{"user_id":7654321}}"""u8.ToArray();
    private static readonly string[] Fields =
        ["follower", "subscriber", "gifter", "giftees", "sender", "gift", "content", "emotes", "moderator", "banned_user", "metadata", "reward", "redeemer", "is_live", "title", "started_at", "ended_at", "created_at", "duration", "status", "id"];

    /// <summary>Everything that any type has.</summary>
    private const string Whole =
        """{"broadcaster":{"user_id":3,"username":"b"},"follower":{"user_id":2,"username":"f"},"subscriber":{"user_id":2,"username":"s"},"gifter":{"user_id":2,"username":"g"},"giftees":[{"user_id":4,"username":"h"}],"sender":{"user_id":2,"username":"c"},"gift":{"amount":5,"name":"Hype"},"content":"hi","emotes":[],"moderator":{"user_id":5,"username":"m"},"banned_user":{"user_id":6,"username":"t"},"metadata":{"reason":"r","created_at":"2026-10-05T18:00:05Z","title":"t","language":"en","category":{"id":1,"name":"c"}},"reward":{"id":"1","title":"Song","cost":1},"redeemer":{"user_id":7,"username":"r"},"is_live":true,"title":"t","started_at":"2026-10-05T18:00:05Z","ended_at":null,"created_at":"2026-10-05T18:00:05Z","duration":1,"status":"pending","id":"1"}""";

    private static int _lastId;

    private WebhookHost Host => shared.Host;

    public static TheoryData<string, string?> BadHeaders => new()
    {
        { "Kick-Event-Message-Id", null }, { "Kick-Event-Message-Id", "" }, { "Kick-Event-Message-Id", "no spaces" }, { "Kick-Event-Message-Id", "dot.dot" }, { "Kick-Event-Message-Id", new string('a', 129) },
        { "Kick-Event-Message-Timestamp", null }, { "Kick-Event-Message-Timestamp", "yesterday" }, { "Kick-Event-Message-Timestamp", "1790000000" }, { "Kick-Event-Message-Timestamp", "2026-13-05T18:00:00Z" }, { "Kick-Event-Message-Timestamp", "2026-10-05T18:00:00" },
        { "Kick-Event-Type", null }, { "Kick-Event-Type", "" }, { "Kick-Event-Type", new string('a', 101) },
        { "Kick-Event-Signature", null }, { "Kick-Event-Signature", "" },
    };

    [Fact]
    public async Task A_genuine_delivery_is_stored_before_its_200()
    {
        var id = NewId();
        (await Host.StatusAsync(id, "channel.followed", Followed)).ShouldBe(200);
        (await Host.CountAsync($"message_id = '{id}' AND broadcaster_user_id = 1234567 AND type = 'channel.followed' AND subscription_id IS NOT NULL")).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_message_is_stored_once_however_often_it_comes()
    {
        var id = NewId();
        (await Host.StatusAsync(id, "channel.followed", Followed)).ShouldBe(200);
        (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Host.StatusAsync(id, "channel.followed", Followed)))).ShouldAllBe(status => status == 200);
        (await Host.CountAsync($"message_id = '{id}'")).ShouldBe(1);
        await Eventually.ShouldAsync(async () => await Host.CountAsync($"message_id = '{id}' AND repeats = 50") == 1, "the repeats are counted");
    }

    [Fact]
    public async Task A_new_message_that_comes_fifty_times_at_once_is_stored_once()
    {
        var id = NewId();
        (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Host.StatusAsync(id, "channel.followed", Followed)))).ShouldAllBe(status => status == 200);
        (await Host.CountAsync($"message_id = '{id}'")).ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task A_missing_or_malformed_header_is_400(string name, string? value)
    {
        var id = NewId();
        (await Host.StatusAsync(id, "channel.followed", Followed, r =>
        {
            r.Headers.Remove(name);
            if (value is not null)
            {
                r.Headers.TryAddWithoutValidation(name, value);
            }
        })).ShouldBe(400);
        (await Host.CountAsync($"message_id = '{id}'")).ShouldBe(0);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z", "late")]
    [InlineData("9999-12-31T23:59:59Z", "future")]
    public async Task An_instant_at_the_end_of_time_is_marked_and_spoils_nothing(string timestamp, string mark)
    {
        await Host.ExecuteAsync(
            """
            INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
            VALUES (4321, 'timeless', now(), 'timeless', now(), 'unknown', now(), 'ok', nextval('changes')) ON CONFLICT DO NOTHING
            """);
        var (follow, gift) = (NewId(), NewId());
        (await Host.StatusAsync(follow, "channel.followed", """{"broadcaster":{"user_id":4321},"follower":{"user_id":7654321}}"""u8.ToArray(), timestamp: timestamp)).ShouldBe(200);
        (await Host.StatusAsync(gift, "kicks.gifted", """{"broadcaster":{"user_id":4321},"sender":{"user_id":7654321},"gift":{"amount":5},"created_at":"2026-10-05T18:00:03Z"}"""u8.ToArray(), timestamp: timestamp)).ShouldBe(200);
        await Eventually.ShouldAsync(async () => await Host.CountAsync($"message_id IN ('{follow}', '{gift}') AND state = 'held' AND mark = '{mark}' AND attempts = 0") == 2, "both are marked");
        await Should.NotThrowAsync(() => Host.Services.GetRequiredService<Integrity>().ClockAheadAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("2026-10-05T18:00:00.123456789Z")]
    [InlineData("2026-10-05t18:00:00z")]
    [InlineData("2026-10-05T20:00:00+02:00")]
    [InlineData("2016-12-31T23:59:60Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public async Task Any_instant_of_RFC_3339_is_taken(string timestamp) =>
        (await Host.StatusAsync(NewId(), "channel.followed", Followed, timestamp: timestamp)).ShouldBe(200);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonp")]
    public async Task What_is_not_JSON_is_415(string type) =>
        (await Host.StatusAsync(NewId(), "channel.followed", Followed, r => r.Content!.Headers.ContentType = new MediaTypeHeaderValue(type))).ShouldBe(415);

    [Fact]
    public async Task No_content_type_at_all_is_415() =>
        (await Host.StatusAsync(NewId(), "channel.followed", Followed, r => r.Content!.Headers.ContentType = null)).ShouldBe(415);

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON")]
    public async Task JSON_may_say_more_about_itself(string type) =>
        (await Host.StatusAsync(NewId(), "channel.followed", Followed, r => r.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(type))).ShouldBe(200);

    [Fact]
    public async Task A_compressed_body_is_415_even_with_a_good_signature()
    {
        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(Followed, TestContext.Current.CancellationToken);
        }

        (await Host.StatusAsync(NewId(), "channel.followed", zipped.ToArray(), r => r.Content!.Headers.ContentEncoding.Add("gzip"))).ShouldBe(415);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("identity, gzip")]
    public async Task Whatever_the_compression_is_called_it_is_415(string encoding) =>
        (await Host.StatusAsync(NewId(), "channel.followed", Followed, r => r.Content!.Headers.TryAddWithoutValidation("Content-Encoding", encoding))).ShouldBe(415);

    [Fact]
    public async Task A_compressed_body_that_does_not_say_so_is_kept_as_unreadable()
    {
        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(Followed, TestContext.Current.CancellationToken);
        }

        var id = NewId();
        (await Host.StatusAsync(id, "channel.followed", zipped.ToArray())).ShouldBe(200);
        await Eventually.ShouldAsync(async () => await Host.CountAsync($"message_id = '{id}' AND mark = 'unreadable'") == 1, "it is marked");
    }

    [Fact]
    public async Task One_MiB_is_taken_and_a_byte_more_is_413()
    {
        (await Host.StatusAsync(NewId(), "channel.followed", Padded(1024 * 1024))).ShouldBe(200);
        (await Host.StatusAsync(NewId(), "channel.followed", Padded((1024 * 1024) + 1))).ShouldBe(413);
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_413_as_soon_as_it_is_too_long() =>
        (await Host.StatusAsync(NewId(), "channel.followed", Padded((1024 * 1024) + 1), r => r.Headers.TransferEncodingChunked = true)).ShouldBe(413);

    [Fact]
    public async Task A_body_of_unknown_length_is_taken_within_the_limit() =>
        (await Host.StatusAsync(NewId(), "channel.followed", Padded(100_000), r => r.Headers.TransferEncodingChunked = true)).ShouldBe(200);

    [Fact]
    public async Task A_body_that_breaks_off_is_never_stored()
    {
        var id = NewId();
        var timestamp = WebhookHost.Now();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Host.Address.Port, TestContext.Current.CancellationToken);
        var head = $"POST /webhooks/kick HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {Followed.Length + 10}\r\nKick-Event-Message-Id: {id}\r\nKick-Event-Message-Timestamp: {timestamp}\r\nKick-Event-Type: channel.followed\r\nKick-Event-Signature: {Host.Sign(id, timestamp, Followed)}\r\n\r\n";
        await using (var stream = socket.GetStream())
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
            await stream.WriteAsync(Followed, TestContext.Current.CancellationToken);
        }

        (await Host.StatusAsync(NewId(), "channel.followed", Followed)).ShouldBe(200);
        (await Host.CountAsync($"message_id = '{id}'")).ShouldBe(0);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    [InlineData("DELETE")]
    public async Task Other_methods_are_405(string method) =>
        (await Host.StatusAsync(NewId(), "channel.followed", [], r => r.Method = new HttpMethod(method))).ShouldBe(405);

    [Theory]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"broadcaster\":")]
    [InlineData("{\"a\u0000b\":1}")]
    [InlineData("{\"\\ud800\":\"\\udfff\",\"broadcaster\":{\"user_id\":\"\\ud800\"}}")]
    public async Task An_authentic_body_that_cannot_be_read_is_stored_as_it_came(string body)
    {
        var id = NewId();
        (await Host.StatusAsync(id, "chat.message.sent", Encoding.UTF8.GetBytes(body))).ShouldBe(200);
        (await Host.CountAsync($"message_id = '{id}' AND octet_length(body) = {Encoding.UTF8.GetByteCount(body)}")).ShouldBe(1);
    }

    [Fact]
    public async Task Deep_nesting_and_invalid_UTF_8_are_stored_too()
    {
        (await Host.StatusAsync(NewId(), "chat.message.sent", Encoding.UTF8.GetBytes(new string('[', 100_000)))).ShouldBe(200);
        (await Host.StatusAsync(NewId(), "chat.message.sent", [(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}'])).ShouldBe(200);
    }

    /// <summary>Where something else belongs, in an otherwise good body: what it is, and what it may do there.</summary>
    public static TheoryData<string> OddValues =>
    [
        "null", "true", "0", "-1", "1e999", "99999999999999999999999", "0.1", "\"\"", "\"text\"", "\"2026-99-99T99:99:99Z\"", "\"9999-12-31T23:59:59Z\"", "\"-9223372036854775808\"", "[]", "{}", "[null]", "[{}]",
        "\"\\u0000\"", "\"\\ud800\"", "\"\\udfff\\ud800\"", "{\"user_id\":[1],\"username\":{\"a\":1}}", "{\"user_id\":-5,\"username\":7}", "{\"user_id\":1,\"user_id\":\"2\",\"username\":\"a\",\"username\":null}",
        "{\"user_id\":9,\"username\":\"\\u0000\\ud800\"}", "{\"user_id\":9,\"username\":\"<mebibyte>\"}", "<deep>", "<deep in an object>",
    ];

    [Theory]
    [MemberData(nameof(OddValues))]
    public async Task Whatever_stands_where_something_else_belongs_is_taken_and_either_handled_or_put_aside(string value)
    {
        await using (var watch = Host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(FloodTests.Watch + " ON CONFLICT DO NOTHING"))
        {
            await watch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        string odd = value.Replace("<mebibyte>", new string('n', 900_000), StringComparison.Ordinal)
            .Replace("<deep in an object>", string.Concat(Enumerable.Repeat("{\"a\":", 2000)) + "1" + new string('}', 2000), StringComparison.Ordinal)
            .Replace("<deep>", new string('[', 2000) + new string(']', 2000), StringComparison.Ordinal);
        string run = NewId();
        var asked = new List<Task<int>>();
        foreach (string type in KickEventTypes.All)
        {
            foreach (string field in Fields)
            {
                byte[] body = Encoding.UTF8.GetBytes(Whole.Replace($"\"{field}\":", $"\"{field}\":{odd},\"was\":", StringComparison.Ordinal));
                asked.Add(Host.StatusAsync($"{run}-{asked.Count}", type, body));
                if (odd.Length > 100_000)
                {
                    break;
                }
            }
        }

        (await Task.WhenAll(asked)).ShouldAllBe(status => status == 200);
        (await Host.CountAsync($"message_id LIKE '{run}-%'")).ShouldBe(asked.Count);
        await Eventually.ShouldAsync(async () => await Host.CountAsync($"message_id LIKE '{run}-%' AND state IN ('done', 'held')") == asked.Count, "each is handled or held, and none has failed");
    }

    [Fact]
    public async Task An_unknown_type_is_stored() => (await Host.StatusAsync(NewId(), "channel.raided", Followed)).ShouldBe(200);

    [Fact]
    public async Task What_is_neither_required_nor_signed_may_be_missing_or_odd()
    {
        (await Host.StatusAsync(NewId(), "channel.followed", Followed, r =>
        {
            r.Headers.Remove("Kick-Event-Version");
            r.Headers.Remove("Kick-Event-Subscription-Id");
            r.Headers.TryAddWithoutValidation("Kick-Event-Subscription-Id", "what is this?");
        })).ShouldBe(200);
    }

    private static string NewId() => $"reception-{Interlocked.Increment(ref _lastId)}";

    private static byte[] Padded(int length)
    {
        var head = """{"broadcaster":{"user_id":1},"follower":{"user_id":2,"username":" """u8.TrimEnd((byte)' ');
        byte[] body = new byte[length];
        body.AsSpan().Fill((byte)'x');
        head.CopyTo(body);
        "\"}}"u8.CopyTo(body.AsSpan(length - 3));
        return body;
    }
}
