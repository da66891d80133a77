using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed partial class EventsPagesTests(Site site)
{
    [Fact]
    public async Task An_event_appears_by_itself_and_only_to_those_who_may_see_it()
    {
        var kick = site.Server.Kick;
        var streamer = kick.World.Streamers[0];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/events?type=kicks.gifted");
        await using var viewer = await site.OpenAsync();
        await viewer.SignInAsync("viewer@example.com");
        await viewer.GoAsync("/events?type=kicks.gifted");

        kick.Webhooks.Url = new Uri(site.Server.Address, "/webhooks/kick");
        kick.Webhooks.Send(EventTypes.Kicks, streamer.Id, kick.Webhooks.Bodies.Kicks(streamer, 77, 500, "<b>gg</b>", DateTimeOffset.UtcNow));
        var line = window.Page.GetByText("Viewer_77 sent 500 Kicks");
        await line.WaitForAsync();
        (await line.InnerTextAsync()).ShouldContain("<b>gg</b>");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "payload" }).First.ClickAsync();
        (await window.Page.Locator(".payload").InnerTextAsync()).ShouldContain("\"amount\": 500");
        (await viewer.Page.GetByText("Viewer_77").CountAsync()).ShouldBe(0);
        window.Complaints.ShouldBeEmpty();
        viewer.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_dashboard_shows_a_start_that_only_a_delivery_told()
    {
        var kick = site.Server.Kick;
        var streamer = kick.World.Streamers[8];
        kick.World.EndStream(streamer.Id);
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("offline");

        // For the world that is polled nobody has started.
        kick.Webhooks.Url = new Uri(site.Server.Address, "/webhooks/kick");
        string start = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        kick.Webhooks.Send(EventTypes.Status, streamer.Id, Status(streamer.Id, isLive: true, start));

        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("Told by Kick");
        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("live");
        kick.Webhooks.Send(EventTypes.Status, streamer.Id, Status(streamer.Id, isLive: false, start));
        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("offline");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_metrics_count_deliveries_by_what_they_were_answered()
    {
        var kick = site.Server.Kick;
        var streamer = kick.World.Streamers[0];
        kick.Webhooks.Url = new Uri(site.Server.Address, "/webhooks/kick");
        using var http = new HttpClient { BaseAddress = site.Server.Address };
        var before = await DeliveriesAsync(http);
        kick.Webhooks.Send(EventTypes.Followed, streamer.Id, kick.Webhooks.Bodies.Followed(streamer, 4711));
        using var bare = new StringContent("{}", Encoding.UTF8, "application/json");
        (await http.PostAsync("/webhooks/kick", bare, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        await Eventually.ShouldAsync(async () => (await DeliveriesAsync(http)).GetValueOrDefault("200") > before.GetValueOrDefault("200"), "a delivery that was taken is counted");
        (await DeliveriesAsync(http)).GetValueOrDefault("400").ShouldBe(before.GetValueOrDefault("400") + 1);
        string page = await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        page.ShouldContain("kickmonitor_inbox_waiting ");
        page.ShouldContain("kickmonitor_inbox_pending ");
        page.ShouldContain("kickmonitor_inbox_failed ");
    }

    [Fact]
    public async Task A_picture_in_an_event_is_for_those_who_may_see_the_event()
    {
        var kick = site.Server.Kick;
        var streamer = kick.World.Streamers[9];
        kick.Webhooks.Url = new Uri(site.Server.Address, "/webhooks/kick");
        await using var admin = await site.OpenAsync();
        await admin.SignInAsync();
        await using var user = await site.OpenAsync();
        await user.SignInAsync("user@example.com");
        await using var viewer = await site.OpenAsync();
        await viewer.SignInAsync("viewer@example.com");
        await using var nobody = await site.OpenAsync();
        await site.Server.RunAsync("users", "assign", "viewer@example.com", streamer.Slug);
        try
        {
            kick.Webhooks.Send(EventTypes.Followed, streamer.Id, kick.Webhooks.Bodies.Followed(streamer, 88));
            kick.Webhooks.Send(EventTypes.Banned, streamer.Id, kick.Webhooks.Bodies.Banned(streamer, 89, "spam", null, DateTimeOffset.UtcNow));
            string follow = await PictureAsync(admin, EventTypes.Followed, streamer.Slug), ban = await PictureAsync(admin, EventTypes.Banned, streamer.Slug);

            await Eventually.ShouldAsync(async () => await StatusAsync(viewer, follow) == 200, "the assignment acts");
            (await StatusAsync(admin, follow), await StatusAsync(admin, ban)).ShouldBe((200, 200));
            (await StatusAsync(viewer, ban)).ShouldBe(404, "who was banned is for the owner and for Admins");
            (await StatusAsync(user, follow), await StatusAsync(user, ban)).ShouldBe((404, 404));
            (await StatusAsync(nobody, follow), await StatusAsync(nobody, ban)).ShouldBe((302, 302));
            (await StatusAsync(admin, "/pictures/events/999999999")).ShouldBe(404);
        }
        finally
        {
            await site.Server.RunAsync("users", "unassign", "viewer@example.com", streamer.Slug);
        }
    }

    [Fact]
    public async Task Events_are_told_in_the_readers_language()
    {
        var kick = site.Server.Kick;
        var streamer = kick.World.Streamers[0];
        await using var window = await site.OpenAsync(locale: "es-ES");
        await window.Page.GotoAsync("/signin");
        await window.Page.GetByLabel("Correo electrónico").FillAsync(RunningServer.AdminEmail);
        await window.Page.GetByLabel("Contraseña").FillAsync(RunningServer.Password);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Entrar" }).ClickAsync();
        await window.GoAsync("/events?type=channel.followed");
        kick.Webhooks.Url = new Uri(site.Server.Address, "/webhooks/kick");
        kick.Webhooks.Send(EventTypes.Followed, streamer.Id, kick.Webhooks.Bodies.Followed(streamer, 4712));
        await Expect(window.Page.GetByText("Viewer_4712 sigue el canal")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_is_handled_again_changes_where_it_stands()
    {
        var kick = site.Server.Kick;
        var streamer = kick.World.Streamers[0];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/events?type=channel.followed");
        kick.Webhooks.Url = new Uri(site.Server.Address, "/webhooks/kick");
        kick.Webhooks.Send(EventTypes.Followed, streamer.Id, kick.Webhooks.Bodies.Followed(streamer, 4713));
        var line = window.Page.Locator(".events li", new() { HasText = "Viewer_4713 followed" });
        await Expect(line).Not.ToContainTextAsync("being handled");
        string id = (await line.GetAttributeAsync("id"))!["event-".Length..];
        await site.ExecuteAsync("DELETE FROM action_ledger WHERE effect <> 'told' AND event_id = $1", long.Parse(id, CultureInfo.InvariantCulture));
        await site.ExecuteAsync("UPDATE events SET state = 'held', mark = 'late' WHERE id = $1", long.Parse(id, CultureInfo.InvariantCulture));

        await window.GoAsync($"/events?id={id}");
        await Expect(line).ToContainTextAsync("too late to be acted on");
        await line.GetByRole(AriaRole.Button, new() { Name = $"Handle event {id} again" }).ClickAsync();
        await Expect(line).Not.ToContainTextAsync("too late to be acted on");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_matters_on_a_page_is_not_drowned_by_what_does_not()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/events");
        long streamer = site.Server.Kick.World.Streamers[0].Id;

        // The feed reads them in one go: a follow, and then more chat than a page holds.
        await site.ExecuteAsync(
            $$"""
            SELECT pg_advisory_xact_lock({{Locks.Events}});
            INSERT INTO events (message_id, type, sent_at, received_at, due_at, occurred_at, broadcaster_user_id, state, actor, body, change)
            SELECT 'drowned-' || n, CASE n WHEN 0 THEN 'channel.followed' ELSE 'chat.message.sent' END, now(), now(), now(), now(), {{streamer}}, 'done', 'viewer_4714',
                convert_to(json_build_object('broadcaster', json_build_object('user_id', {{streamer}}), 'message_id', n::text, 'content', 'hello',
                    'follower', json_build_object('user_id', 4714, 'username', 'Viewer_4714'), 'sender', json_build_object('user_id', 4714, 'username', 'Viewer_4714'))::text, 'UTF8'),
                nextval('event_changes')
            FROM generate_series(0, 120) n ORDER BY n;
            SELECT pg_notify('kickmonitor', 'events')
            """);
        await Expect(window.Page.GetByText("Viewer_4714 followed")).ToBeVisibleAsync();
        window.Complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("en-US", "Kick's webhooks are in trouble since", "See why")]
    [InlineData("es-ES", "Los webhooks de Kick tienen problemas desde", "Ver por qué")]
    public async Task Trouble_with_webhooks_is_said_shortly_in_the_readers_language(string locale, string words, string link)
    {
        await using var window = await site.OpenAsync(width: 390, locale: locale);
        await window.Page.GotoAsync("/signin");
        await window.Page.Locator("input[type=email]").FillAsync(RunningServer.AdminEmail);
        await window.Page.Locator("input[type=password]").FillAsync(RunningServer.Password);
        await window.Page.Locator("input[type=password]").PressAsync("Enter");
        await window.Page.WaitForURLAsync(url => !url.Contains("/signin", StringComparison.Ordinal));
        try
        {
            await site.ExecuteAsync("INSERT INTO sources (name, part, state, since, last_error_at, last_error, failures) VALUES ('kick-webhooks', 'story', 'degraded', now() - interval '5 minutes', now(), 'Kick dropped 3 subscriptions of a, 3 subscriptions of b', 1)");
            await site.ExecuteAsync("SELECT pg_notify('kickmonitor', 'sources')");
            await window.GoAsync("/events");
            var banner = window.Page.Locator(".banner.trouble", new() { HasText = words });
            await Expect(banner).ToBeVisibleAsync();
            string said = await banner.InnerTextAsync();
            said.ShouldNotContain("dropped");
            said.ShouldEndWith(". " + link);
            await Expect(banner.GetByRole(AriaRole.Link, new() { Name = link })).ToHaveAttributeAsync("href", "/admin/webhooks");
        }
        finally
        {
            await site.ExecuteAsync("DELETE FROM sources WHERE part = 'story'");
            await site.ExecuteAsync("SELECT pg_notify('kickmonitor', 'sources')");
        }
    }

    [Fact]
    public async Task The_Admin_sees_whether_webhooks_work()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/webhooks");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Test" }).ClickAsync();
        await window.Page.GetByText("The signature").WaitForAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Try without doing" }).ClickAsync();
        await window.Page.GetByText("would act").WaitForAsync();
        window.Complaints.ShouldBeEmpty();
    }

    private static byte[] Status(long broadcaster, bool isLive, string start) => Encoding.UTF8.GetBytes(
        $$"""{"broadcaster":{"user_id":{{broadcaster}} },"is_live":{{(isLive ? "true" : "false")}},"title":"Told by Kick","started_at":"{{start}}","ended_at":{{(isLive ? "null" : $"\"{start}\"")}} }""");

    private static async Task<Dictionary<string, long>> DeliveriesAsync(HttpClient http) =>
        Deliveries().Matches(await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken))
            .ToDictionary(m => m.Groups["status"].Value, m => long.Parse(m.Groups["count"].ValueSpan, CultureInfo.InvariantCulture));

    private static async Task<string> PictureAsync(Window admin, string type, string slug)
    {
        JsonElement? found = null;
        await Eventually.ShouldAsync(
            async () => (found = (await (await admin.Page.APIRequest.GetAsync($"/api/v1/events?type={type}&streamer={slug}")).JsonAsync())!.Value.GetProperty("items").EnumerateArray().Cast<JsonElement?>().FirstOrDefault()) is not null,
            "the event is there");
        return $"/pictures/events/{found!.Value.GetProperty("id")}";
    }

    private static async Task<int> StatusAsync(Window window, string path) => (await window.Page.APIRequest.GetAsync(path, new() { MaxRedirects = 0 })).Status;

    [GeneratedRegex("""kickmonitor_webhook_deliveries_total\{status="(?<status>\d+)"[^}]*\} (?<count>\d+)""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Deliveries();
}
