using System.Globalization;
using System.Text;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Tests.Web.Hubs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Api;

/// <summary>Everybody in chat sees a follow. Who was banned and what was redeemed is between the channel's owner and that person.</summary>
public sealed class PrivateEventsTests(ApiHost host) : IClassFixture<ApiHost>, IAsyncLifetime
{
    private static int _messages;
    private ApiHost.Person _admin = null!;
    private ApiHost.Person _viewer = null!;
    private ApiHost.Person _user = null!;
    private ApiHost.Person _owner = null!;
    private ApiHost.Person _stranger = null!;
    private string _slug = null!;
    private long _channel;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        int n = Interlocked.Increment(ref _messages);
        _slug = await host.WatchAsync($"private-{n}");
        await host.WatchAsync($"other-{n}");
        _channel = host.IdOf(_slug);
        _admin = await host.AddPersonAsync(Role.Admin);
        _viewer = await host.AddPersonAsync(Role.Viewer, _slug);
        _user = await host.AddPersonAsync(Role.User, _slug);
        _owner = await host.AddPersonAsync(Role.User, _slug);
        _stranger = await host.AddPersonAsync(Role.User, $"other-{n}");
        await OwnAsync(_owner, _channel);
        if (host.Services.GetRequiredService<Inbox>().ExecuteTask is null)
        {
            await host.Services.GetRequiredService<Inbox>().StartAsync(CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_API_shows_private_events_to_the_owner_and_to_Admins()
    {
        var (follow, ban, redemption) = (await TellAsync("channel.followed", Follow), await TellAsync("moderation.banned", Ban), await TellAsync("channel.reward.redemption.updated", Redemption));

        // What its type belies, and what no version knows yet, may be just as private.
        var (belied, unknown) = (await TellAsync("channel.followed", Ban), await TellAsync("channel.whispered", Follow));
        string[] all = [follow, ban, redemption, belied, unknown];
        (await SeenByAsync(_admin, all)).ShouldBe(all);
        (await SeenByAsync(_owner, all)).ShouldBe(all);
        (await SeenByAsync(_user, all)).ShouldBe([follow]);
        (await SeenByAsync(_viewer, all)).ShouldBe([follow]);
        (await SeenByAsync(_stranger, all)).ShouldBeEmpty();
        using var client = host.As(_user);
        JsonDocument.Parse(await client.GetStringAsync("/api/v1/events?type=moderation.banned", Ct)).RootElement.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task The_hub_tells_each_what_the_API_shows()
    {
        await using var admin = await HubConnection.OpenAsync(host.Address, _admin.Token);
        await using var owner = await HubConnection.OpenAsync(host.Address, _owner.Token);
        await using var user = await HubConnection.OpenAsync(host.Address, _user.Token);
        await using var viewer = await HubConnection.OpenAsync(host.Address, _viewer.Token);
        await using var stranger = await HubConnection.OpenAsync(host.Address, _stranger.Token);
        await host.Services.GetRequiredService<EventFeed>().ReadAsync(Ct);
        var ban = await TellAsync("moderation.banned", Ban);
        var follow = await TellAsync("channel.followed", Follow);
        await host.Services.GetRequiredService<EventFeed>().ReadAsync(Ct);

        (await HeardAsync(admin)).ShouldBe(ban);
        (await HeardAsync(owner)).ShouldBe(ban);
        (await HeardAsync(owner)).ShouldBe(follow);
        var toUser = await user.NextAsync("EventReceived");
        toUser.GetProperty("messageId").GetString().ShouldBe(follow);
        toUser.GetProperty("payload").ValueKind.ShouldBe(JsonValueKind.Object);
        var toViewer = await viewer.NextAsync("EventReceived");
        toViewer.GetProperty("messageId").GetString().ShouldBe(follow);
        toViewer.GetProperty("payload").ValueKind.ShouldBe(JsonValueKind.Null);

        var theirs = host.Board.Snapshot.All.Single(r => r.Slug == _slug.Replace("private", "other", StringComparison.Ordinal)).BroadcasterUserId;
        var other = await TellAsync("channel.followed", Follow.Replace(Channel, theirs.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        await host.Services.GetRequiredService<EventFeed>().ReadAsync(Ct);
        (await HeardAsync(stranger)).ShouldBe(other);
    }

    [Fact]
    public async Task Who_unlinks_the_channel_sees_its_private_events_no_more()
    {
        string[] ban = [await TellAsync("moderation.banned", Ban)];
        (await SeenByAsync(_owner, ban)).ShouldBe(ban);
        await using (var db = await Databases.CreateDbContextAsync(Ct))
        {
            await db.AccountLinks.Where(l => l.UserId == _owner.Id).ExecuteDeleteAsync(Ct);
        }

        await host.Services.GetRequiredService<Rights>().ReadAsync(Ct);
        (await SeenByAsync(_owner, ban)).ShouldBeEmpty();
    }

    private string Channel => _channel.ToString(CultureInfo.InvariantCulture);

    private string Follow => $$"""{"broadcaster":{"user_id":{{Channel}},"username":"b"},"follower":{"user_id":{{Interlocked.Increment(ref _messages)}},"username":"fan"} }""";

    private string Ban => $$$"""{"broadcaster":{"user_id":{{{Channel}}}},"moderator":{"user_id":3,"username":"mod"},"banned_user":{"user_id":{{{Interlocked.Increment(ref _messages)}}},"username":"troll"},"metadata":{"reason":"spam","created_at":"2026-10-05T18:00:05Z","expires_at":null}}""";

    private string Redemption => $$$"""{"id":"01M4{{{Interlocked.Increment(ref _messages)}}}","user_input":"play it","status":"pending","redeemed_at":"2026-10-05T18:00:06.323Z","reward":{"id":"1","title":"Song","cost":1000},"redeemer":{"user_id":5,"username":"dj"},"broadcaster":{"user_id":{{{Channel}}}}}""";

    private IDbContextFactory<KickMonitorDb> Databases => host.Services.GetRequiredService<IDbContextFactory<KickMonitorDb>>();

    private static async Task<string?> HeardAsync(HubConnection connection) => (await connection.NextAsync("EventReceived")).GetProperty("messageId").GetString();

    private async Task OwnAsync(ApiHost.Person person, long channel)
    {
        await using var db = await Databases.CreateDbContextAsync(Ct);
        db.AccountLinks.Add(new AccountLink { Id = Guid.NewGuid(), UserId = person.Id, Provider = "kick", ExternalId = channel.ToString(CultureInfo.InvariantCulture) });
        await db.SaveChangesAsync(Ct);
        await host.Services.GetRequiredService<Rights>().ReadAsync(Ct);
    }

    private async Task<string[]> SeenByAsync(ApiHost.Person person, string[] of)
    {
        using var client = host.As(person);
        var seen = JsonDocument.Parse(await client.GetStringAsync("/api/v1/events?limit=200&duplicates=true", Ct)).RootElement.GetProperty("items").EnumerateArray()
            .Select(e => e.GetProperty("messageId").GetString()).ToHashSet();
        return [.. of.Where(seen.Contains)];
    }

    private async Task<string> TellAsync(string type, string body)
    {
        string id = $"private-{Interlocked.Increment(ref _messages)}";
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var now = DateTimeOffset.UtcNow;
        (await host.Services.GetRequiredService<Inbox>().StoreAsync(new Delivery
        {
            MessageId = id,
            Type = type,
            SentAt = now,
            ReceivedAt = now,
            BroadcasterUserId = Delivery.BroadcasterOf(bytes),
            Body = bytes,
        })).ShouldBeTrue();
        while (await host.Services.GetRequiredService<Dispatch>().RunAsync(CancellationToken.None) > 0)
        {
        }

        return id;
    }
}
