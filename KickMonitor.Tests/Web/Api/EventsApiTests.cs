using System.Text;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Api;

public sealed class EventsApiTests(ApiHost host) : IClassFixture<ApiHost>, IAsyncLifetime
{
    private static int _messages;

    public async ValueTask InitializeAsync()
    {
        if (host.Board.Snapshot.Find("seen") is null)
        {
            await host.WatchAsync("seen");
            await host.WatchAsync("hidden");
            await host.Services.GetRequiredService<Inbox>().StartAsync(CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task People_get_the_events_of_their_streamers_and_only_Admins_those_of_nobody()
    {
        var mine = await TellAsync(Follow(host.IdOf("seen"), 1));
        var theirs = await TellAsync(Follow(host.IdOf("hidden"), 1));
        var orphan = await TellAsync(Follow(999_999, 1));
        var admin = await ReadAsync(await host.AddPersonAsync(Role.Admin), "?limit=200");
        var user = await ReadAsync(await host.AddPersonAsync(Role.User, "seen"), "?limit=200");
        var nobody = await ReadAsync(await host.AddPersonAsync(Role.User), "?limit=200");
        admin.Select(Message).ShouldBeSubsetOf([.. admin.Select(Message)]);
        new[] { mine, theirs, orphan }.ShouldBeSubsetOf(admin.Select(Message));
        user.Select(Message).ShouldContain(mine);
        user.Select(Message).ShouldNotContain(theirs);
        user.Select(Message).ShouldNotContain(orphan);
        nobody.ShouldBeEmpty();
        admin.Single(e => Message(e) == orphan).GetProperty("streamer").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Viewers_get_the_sentence_and_no_payload()
    {
        var id = await TellAsync(Follow(host.IdOf("seen"), 2));
        var seen = (await ReadAsync(await host.AddPersonAsync(Role.Viewer, "seen"), "")).Single(e => Message(e) == id);
        seen.GetProperty("payload").ValueKind.ShouldBe(JsonValueKind.Null);
        seen.GetProperty("unreadable").GetBoolean().ShouldBeFalse();
        seen.GetProperty("summary").GetString().ShouldBe("fan followed");
        var full = (await ReadAsync(await host.AddPersonAsync(Role.User, "seen"), "")).Single(e => Message(e) == id);
        full.GetProperty("payload").GetProperty("follower").GetProperty("user_id").GetInt64().ShouldBe(2);
    }

    [Fact]
    public async Task Duplicates_are_hidden_unless_asked_for_and_then_name_the_first()
    {
        var first = await TellAsync(Follow(host.IdOf("seen"), 3));
        var twin = await TellAsync(Follow(host.IdOf("seen"), 3));
        var admin = await host.AddPersonAsync(Role.Admin);
        (await ReadAsync(admin, "?limit=200")).Select(Message).ShouldNotContain(twin);
        var all = await ReadAsync(admin, "?limit=200&duplicates=true");
        all.Single(e => Message(e) == twin).GetProperty("duplicateOf").GetInt64().ShouldBe(all.Single(e => Message(e) == first).GetProperty("id").GetInt64());
    }

    [Fact]
    public async Task What_cannot_be_read_says_so_and_what_came_late_too()
    {
        var garbled = await TellAsync("{\"broadcaster\":");
        var late = await TellAsync(Follow(host.IdOf("seen"), 4), TimeSpan.FromHours(30));
        var events = await ReadAsync(await host.AddPersonAsync(Role.Admin), "?limit=200");
        var unreadable = events.Single(e => Message(e) == garbled);
        unreadable.GetProperty("unreadable").GetBoolean().ShouldBeTrue();
        unreadable.GetProperty("payload").ValueKind.ShouldBe(JsonValueKind.Null);
        var old = events.Single(e => Message(e) == late);
        old.GetProperty("late").GetBoolean().ShouldBeTrue();
        old.GetProperty("delayMs").GetInt64().ShouldBeGreaterThan(29L * 3_600_000);
    }

    [Fact]
    public async Task Pages_follow_each_other_newest_first()
    {
        for (int i = 0; i < 5; i++)
        {
            await TellAsync(Follow(host.IdOf("seen"), 100 + i));
        }

        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        var seen = new List<long>();
        string? next = null;
        do
        {
            var page = JsonDocument.Parse(await client.GetStringAsync($"/api/v1/events?streamer=seen&type=channel.followed&limit=2{(next is null ? "" : "&after=" + next)}")).RootElement;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("id").GetInt64()));
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);
        seen.Count.ShouldBeGreaterThanOrEqualTo(5);
        seen.ShouldBe(seen.Distinct().OrderDescending());
    }

    [Theory]
    [InlineData("?limit=0", 400)]
    [InlineData("?limit=201", 400)]
    [InlineData("?after=nonsense", 400)]
    [InlineData("?streamer=hidden", 404)]
    [InlineData("?streamer=nobody-at-all", 404)]
    [InlineData("?type=%00", 200)]
    public async Task Odd_questions_get_their_status(string query, int status)
    {
        using var client = host.As(await host.AddPersonAsync(Role.User, "seen"));
        ((int)(await client.GetAsync("/api/v1/events" + query)).StatusCode).ShouldBe(status);
    }

    private static string? Message(JsonElement e) => e.GetProperty("messageId").GetString();

    private static string Follow(long broadcaster, long follower) =>
        $$"""{"broadcaster":{"user_id":{{broadcaster}},"username":"b"},"follower":{"user_id":{{follower}},"username":"fan"} }""";

    private async Task<string> TellAsync(string body, TimeSpan age = default)
    {
        string id = $"api-{Interlocked.Increment(ref _messages)}";
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var now = DateTimeOffset.UtcNow;
        (await host.Services.GetRequiredService<Inbox>().StoreAsync(new Delivery
        {
            MessageId = id,
            Type = "channel.followed",
            SentAt = now - age,
            ReceivedAt = now,
            BroadcasterUserId = Delivery.BroadcasterOf(bytes),
            Body = bytes,
        })).ShouldBeTrue();
        while (await host.Services.GetRequiredService<Dispatch>().RunAsync(CancellationToken.None) > 0)
        {
        }

        return id;
    }

    private async Task<List<JsonElement>> ReadAsync(ApiHost.Person person, string query)
    {
        using var client = host.As(person);
        return [.. JsonDocument.Parse(await client.GetStringAsync("/api/v1/events" + query)).RootElement.GetProperty("items").EnumerateArray()];
    }
}
