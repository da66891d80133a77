using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KickMonitor.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace KickMonitor.Tests.Contract;

/// <summary>What the stand-in delivers, and how badly when it is told to.</summary>
public sealed class DeliveriesTests : ContractTest
{
    private Receiver _app = null!;

    private WebhookFaults Wrong => Sandbox.Webhooks.Faults;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _app = await Receiver.StartAsync();
        Sandbox.Webhooks.Url = _app.Address;
    }

    [Fact]
    public async Task A_delivery_has_Kicks_headers_and_a_signature_by_the_published_key()
    {
        var lana = Subscribed(EventTypes.Followed);
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id).ShouldBe(1);
        var got = (await _app.TakeAsync(1))[0];
        got["Content-Type"].ShouldBe("application/json");
        got["User-Agent"].ShouldBe("Go-http-client/1.1");
        got["Kick-Event-Type"].ShouldBe("channel.followed");
        got["Kick-Event-Version"].ShouldBe("1");
        got["Kick-Event-Message-Id"].Length.ShouldBe(26);
        got["Kick-Event-Subscription-Id"].ShouldBe(Sandbox.Subscriptions.All[0].Id);
        got["Kick-Event-Message-Timestamp"].ShouldBe("2026-10-05T18:00:00Z");
        (await IsGenuineAsync(got)).ShouldBeTrue();
    }

    [Fact]
    public async Task Every_type_has_its_shape()
    {
        var lana = Lana();
        Sandbox.Subscriptions.Add(lana.Id, EventTypes.All);
        foreach (string type in EventTypes.All)
        {
            Sandbox.Samples.Make(type, lana.Id).ShouldBe(1, type);
        }

        var bodies = (await _app.TakeAsync(EventTypes.All.Count)).ToDictionary(g => g["Kick-Event-Type"], g => JsonDocument.Parse(g.Body).RootElement);
        bodies.Values.ShouldAllBe(b => b.GetProperty("broadcaster").GetProperty("user_id").GetInt64() == lana.Id);
        Names(bodies[EventTypes.Status]).ShouldBe(["broadcaster", "is_live", "title", "started_at", "ended_at"]);
        Names(bodies[EventTypes.Metadata].GetProperty("metadata")).ShouldBe(["title", "language", "has_mature_content", "category", "Category"]);
        Names(bodies[EventTypes.Followed]).ShouldBe(["broadcaster", "follower"]);
        Names(bodies[EventTypes.Subscribed]).ShouldBe(["broadcaster", "subscriber", "duration", "created_at", "expires_at"]);
        Names(bodies[EventTypes.Renewed]).ShouldBe(["broadcaster", "subscriber", "duration", "created_at", "expires_at"]);
        bodies[EventTypes.Gifts].GetProperty("gifter").GetProperty("user_id").ValueKind.ShouldBe(JsonValueKind.Null);
        bodies[EventTypes.Gifts].GetProperty("created_at").GetString()!.Length.ShouldBe("2026-10-05T19:03:20.123456789Z".Length);
        Names(bodies[EventTypes.Kicks]).ShouldBe(["broadcaster", "sender", "gift", "created_at"]);
        bodies[EventTypes.Chat].GetProperty("emotes").ValueKind.ShouldBe(JsonValueKind.Null);
        Names(bodies[EventTypes.Banned]).ShouldBe(["broadcaster", "moderator", "banned_user", "metadata"]);
        Names(bodies[EventTypes.Redeemed]).ShouldBe(["id", "user_input", "status", "redeemed_at", "reward", "redeemer", "broadcaster"]);
    }

    [Fact]
    public async Task A_start_is_told_with_its_details_and_an_end_with_its_time()
    {
        var lana = Subscribed(EventTypes.Status, EventTypes.Metadata);
        World.GoLive(lana.Id, 412);
        (await _app.TakeAsync(2)).Select(g => g["Kick-Event-Type"]).ShouldBe([EventTypes.Status, EventTypes.Metadata], ignoreOrder: true);
        Clock.Advance(3600);
        World.EndStream(lana.Id);
        var end = JsonDocument.Parse((await _app.TakeAsync(1))[0].Body).RootElement;
        end.GetProperty("is_live").GetBoolean().ShouldBeFalse();
        end.GetProperty("ended_at").GetString().ShouldBe("2026-10-05T19:00:00Z");
    }

    [Fact]
    public async Task A_lost_delivery_never_comes_and_a_late_one_later()
    {
        var lana = Subscribed(EventTypes.Followed);
        Wrong.Lost = 1;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        Wrong.Lost = 0;
        Wrong.LateShare = 1;
        Wrong.LateSeconds = 600;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        Wrong.LateShare = 0;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        (await _app.TakeAsync(1))[0]["Kick-Event-Message-Timestamp"].ShouldBe("2026-10-05T18:00:00Z");
        _app.Count.ShouldBe(1);
        Clock.Advance(600);
        (await _app.TakeAsync(1))[0]["Kick-Event-Message-Timestamp"].ShouldBe("2026-10-05T18:00:00Z");
        _app.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_duplicate_has_the_same_id_or_another_one()
    {
        var lana = Subscribed(EventTypes.Followed);
        Wrong.RepeatedId = 1;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        var same = await _app.TakeAsync(2);
        same[0]["Kick-Event-Message-Id"].ShouldBe(same[1]["Kick-Event-Message-Id"]);
        Wrong.RepeatedId = 0;
        Wrong.NewId = 1;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        var other = await _app.TakeAsync(2);
        other[0]["Kick-Event-Message-Id"].ShouldNotBe(other[1]["Kick-Event-Message-Id"]);
        other[0].Body.ShouldBe(other[1].Body);
    }

    [Fact]
    public async Task Two_in_a_row_change_places()
    {
        var lana = Subscribed(EventTypes.Status, EventTypes.Metadata);
        Wrong.Reordered = true;
        World.GoLive(lana.Id, 412);
        (await _app.TakeAsync(2)).Select(g => g["Kick-Event-Type"]).ShouldBe([EventTypes.Metadata, EventTypes.Status]);
    }

    [Fact]
    public async Task A_wrong_signature_or_type_or_one_that_nobody_knows()
    {
        var lana = Subscribed(EventTypes.Followed);
        Wrong.WrongSignature = 1;
        Wrong.Retries = 0;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        (await IsGenuineAsync((await _app.TakeAsync(1))[0])).ShouldBeFalse();
        Wrong.WrongSignature = 0;
        Wrong.WrongType = 1;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        var wrong = (await _app.TakeAsync(1))[0];
        wrong["Kick-Event-Type"].ShouldNotBe(EventTypes.Followed);
        (await IsGenuineAsync(wrong)).ShouldBeTrue();
        Wrong.WrongType = 0;
        Wrong.UnknownType = 1;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        EventTypes.All.ShouldNotContain((await _app.TakeAsync(1))[0]["Kick-Event-Type"]);
    }

    [Fact]
    public async Task What_got_no_200_is_sent_twice_more_just_as_it_was_and_then_given_up()
    {
        var lana = Subscribed(EventTypes.Followed);
        _app.Status = 503;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        var first = (await _app.TakeAsync(1))[0];
        await Eventually.ShouldAsync(() => Sandbox.Webhooks.History.Count == 1, "the first attempt has failed");
        Clock.Advance(1);
        var second = (await _app.TakeAsync(1))[0];
        await Eventually.ShouldAsync(() => Sandbox.Webhooks.History.Count == 2, "the second attempt has failed");
        Clock.Advance(5);
        var third = (await _app.TakeAsync(1))[0];
        foreach (string header in new[] { "Kick-Event-Message-Id", "Kick-Event-Message-Timestamp", "Kick-Event-Signature" })
        {
            new[] { second[header], third[header] }.ShouldAllBe(h => h == first[header]);
        }

        await Eventually.ShouldAsync(() => Sandbox.Webhooks.Underway == 0, "it is given up");
        Clock.Advance(3600);
        _app.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_type_that_fails_too_often_is_unsubscribed_without_a_word()
    {
        var lana = Subscribed(EventTypes.Followed, EventTypes.Status);
        _app.Status = 500;
        Wrong.Retries = 0;
        Wrong.UnsubscribeAfter = 2;
        for (int i = 1; i <= 2; i++)
        {
            Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
            int attempts = i;
            await Eventually.ShouldAsync(() => Sandbox.Webhooks.History.Count == attempts && Sandbox.Webhooks.Underway == 0, "the attempt has failed");
        }

        Sandbox.Subscriptions.All.ShouldHaveSingleItem().Event.ShouldBe(EventTypes.Status);
    }

    [Fact]
    public async Task An_old_subscription_may_stay_with_the_old_address()
    {
        var lana = Subscribed(EventTypes.Followed);
        await using var moved = await Receiver.StartAsync();
        Wrong.OldUrlKept = true;
        Sandbox.Webhooks.Url = moved.Address;
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        await _app.TakeAsync(1);
        Sandbox.Subscriptions.RemoveAll();
        Sandbox.Subscriptions.Add(lana.Id, [EventTypes.Followed]);
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id);
        await moved.TakeAsync(1);
    }

    [Fact]
    public async Task Only_what_is_subscribed_is_told_and_twice_if_it_is_subscribed_twice()
    {
        var lana = Subscribed(EventTypes.Followed, EventTypes.Followed);
        Sandbox.Samples.Make(EventTypes.Kicks, lana.Id).ShouldBe(0);
        Sandbox.Samples.Make(EventTypes.Followed, lana.Id).ShouldBe(2);
        var twins = await _app.TakeAsync(2);
        twins[0]["Kick-Event-Message-Id"].ShouldNotBe(twins[1]["Kick-Event-Message-Id"]);
        twins[0]["Kick-Event-Subscription-Id"].ShouldNotBe(twins[1]["Kick-Event-Subscription-Id"]);
    }

    private static List<string> Names(JsonElement body) => [.. body.EnumerateObject().Select(p => p.Name)];

    private Streamer Subscribed(params string[] types)
    {
        var lana = World.Add("lana-lantern");
        foreach (string type in types)
        {
            Sandbox.Subscriptions.Add(lana.Id, [type]).ShouldNotBeNull();
        }

        return lana;
    }

    private async Task<bool> IsGenuineAsync(Got got)
    {
        using var key = RSA.Create();
        key.ImportFromPem((await GetAsync("/public/v1/public-key")).Data.GetProperty("public_key").GetString());
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{got["Kick-Event-Message-Id"]}.{got["Kick-Event-Message-Timestamp"]}."), .. got.Body];
        return key.VerifyData(signed, Convert.FromBase64String(got["Kick-Event-Signature"]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private sealed record Got(Dictionary<string, string> Headers, byte[] Body)
    {
        public string this[string header] => Headers[header];
    }

    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication _host;
        private readonly ConcurrentQueue<Got> _got = new();
        private int _count;

        private Receiver(WebApplication host) => _host = host;

        public Uri Address => new(_host.Urls.Single() + "/hook");

        public int Status { get; set; } = 200;

        public int Count => Volatile.Read(ref _count);

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            var host = builder.Build();
            var receiver = new Receiver(host);
            host.Run(receiver.TakeInAsync);
            await host.StartAsync();
            return receiver;
        }

        public async Task<List<Got>> TakeAsync(int count)
        {
            await Eventually.ShouldAsync(() => _got.Count >= count, $"{count} deliveries come");
            return [.. Enumerable.Range(0, count).Select(_ => _got.TryDequeue(out var got) ? got : throw new InvalidOperationException("Nothing came."))];
        }

        public async ValueTask DisposeAsync() => await _host.DisposeAsync();

        private async Task TakeInAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            context.Response.StatusCode = Status;
            _got.Enqueue(new Got(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
            Interlocked.Increment(ref _count);
        }
    }
}
