using System.Net;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Tests.Web.Api;
using KickMonitor.Web.Hubs;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Hubs;

public sealed class LiveHubTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Nobody_is_let_in()
    {
        (await Should.ThrowAsync<HubRefusedException>(() => HubConnection.OpenAsync(host.Address, null))).Status.ShouldBe(401);
        (await Should.ThrowAsync<HubRefusedException>(() => HubConnection.OpenAsync(host.Address, "km_wrong", inQuery: true))).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_page_of_another_website_is_not_let_in()
    {
        var admin = await host.AddPersonAsync(Role.Admin);

        (await Should.ThrowAsync<HubRefusedException>(() => HubConnection.OpenAsync(
            host.Address, admin.Token, options: o => o.SetRequestHeader("Origin", "https://evil.example")))).Status.ShouldBe(403);
        await using var ours = await HubConnection.OpenAsync(host.Address, admin.Token, options: o => o.SetRequestHeader("Origin", "https://monitor.example"));
    }

    [Fact]
    public async Task A_start_is_told_in_the_shapes_of_the_api()
    {
        await host.WatchAsync("starting");
        var admin = await host.AddPersonAsync(Role.Admin);
        await using var connection = await JoinAsync(admin, inQuery: true);
        host.Kick.World.GoLive(host.IdOf("starting"), viewers: 77);

        await host.CheckAsync("starting");

        var told = await ReadAsync(connection, "StreamerChanged", "starting", s => s.GetProperty("status").GetString() == "live");
        using var client = host.As(admin);
        (await client.ReadAsync("/api/v1/streamers/starting")).EnumerateObject().Select(p => p.Name).ShouldBe(told.EnumerateObject().Select(p => p.Name));
        told.GetProperty("viewers").GetInt32().ShouldBe(77);
        told.GetProperty("since").GetString()!.ShouldEndWith("Z");
        var stored = (await client.ReadAsync("/api/v1/streamers/starting/status-events")).GetProperty("items")[0];
        var heard = await ReadAsync(connection, "StatusEvent", "starting", _ => true);
        JsonElement.DeepEquals(heard, stored).ShouldBeTrue(heard.ToString());
    }

    [Fact]
    public async Task Each_hears_only_of_what_they_may_see()
    {
        await host.WatchAsync("for-vera");
        await host.WatchAsync("for-ugo");
        await using var vera = await JoinAsync(await host.AddPersonAsync(Role.Viewer, "for-vera"));
        await using var ugo = await JoinAsync(await host.AddPersonAsync(Role.User, "for-ugo"));
        await using var admin = await JoinAsync(await host.AddPersonAsync(Role.Admin));

        await ChangeAsync("for-vera");
        await ChangeAsync("for-ugo");
        await ChangeAsync("for-vera");

        (await SlugsAsync(vera, 2)).ShouldBe(["for-vera", "for-vera"]);
        (await SlugsAsync(ugo, 1)).ShouldBe(["for-ugo"]);
        (await SlugsAsync(admin, 3)).ShouldBe(["for-vera", "for-ugo", "for-vera"]);
    }

    [Fact]
    public async Task An_open_connection_follows_assignments()
    {
        await host.WatchAsync("given");
        await host.WatchAsync("kept");
        var person = await host.AddPersonAsync(Role.Viewer, "kept");
        await using var connection = await JoinAsync(person);

        await host.Assignments.AssignAsync(person.Id, host.IdOf("given"), CancellationToken.None);
        await SettleAsync();
        await ChangeAsync("given");
        (await SlugsAsync(connection, 1)).ShouldBe(["given"]);

        await host.Assignments.UnassignAsync(person.Id, host.IdOf("given"), CancellationToken.None);
        await SettleAsync();
        await ChangeAsync("given");
        await ChangeAsync("kept");
        (await SlugsAsync(connection, 1)).ShouldBe(["kept"]);
    }

    [Fact]
    public async Task An_admin_who_is_demoted_hears_no_more()
    {
        await host.WatchAsync("secret");
        await host.AddPersonAsync(Role.Admin);
        var person = await host.AddPersonAsync(Role.Admin);
        await using var connection = await JoinAsync(person);
        await host.WatchAsync("theirs");
        await host.Assignments.AssignAsync(person.Id, host.IdOf("theirs"), CancellationToken.None);
        await host.People.SetRoleAsync(person.Id, Role.Viewer, CancellationToken.None);
        await SettleAsync();

        await ChangeAsync("secret");
        await ChangeAsync("theirs");

        (await ReadAsync(connection, "StreamerChanged", "theirs", s => s.GetProperty("paused").GetBoolean(), "secret")).GetProperty("slug").GetString().ShouldBe("theirs");
    }

    [Fact]
    public async Task Whoever_is_disabled_is_cut_off()
    {
        await host.AddPersonAsync(Role.Admin);
        var person = await host.AddPersonAsync(Role.Admin);
        await using var connection = await JoinAsync(person);

        await host.People.DisableAsync(person.Id, CancellationToken.None);

        await connection.Closed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_revoked_token_is_cut_off_within_ten_seconds()
    {
        var person = await host.AddPersonAsync(Role.Viewer);
        await using var connection = await JoinAsync(person);

        await host.Services.GetRequiredService<ApiTokens>().RevokeAsync(person.TokenId, null, CancellationToken.None);

        await connection.Closed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cookie_is_cut_off_when_its_person_changes_or_signs_out(bool signsOut)
    {
        var person = await host.AddPersonAsync(Role.Viewer);
        var cookies = new CookieContainer();
        using (var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies }) { BaseAddress = host.Address })
        {
            (await browser.PostAsync($"/test/sign-in/{person.Id}", null)).EnsureSuccessStatusCode();
        }

        await using var connection = await HubConnection.OpenAsync(host.Address, null, options: o => o.Cookies = cookies);
        connection.Closed.IsCompleted.ShouldBeFalse();

        if (signsOut)
        {
            await host.Services.GetRequiredService<Sessions>().EndOthersAsync(person.Id, keep: null, CancellationToken.None);
        }
        else
        {
            await host.People.SetRoleAsync(person.Id, Role.User, CancellationToken.None);
        }

        await connection.Closed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void There_is_nothing_that_a_client_could_call() =>
        typeof(LiveHub).GetMethods().Where(m => m.DeclaringType == typeof(LiveHub) && !m.IsStatic).Select(m => m.Name)
            .ShouldBe(["OnConnectedAsync", "OnDisconnectedAsync"], ignoreOrder: true);

    private Task<HubConnection> JoinAsync(ApiHost.Person person, bool inQuery = false) => HubConnection.OpenAsync(host.Address, person.Token, inQuery);

    /// <summary>What is sent from here on follows the rights of now.</summary>
    private async Task SettleAsync()
    {
        await host.Services.GetRequiredService<Rights>().ReadAsync(CancellationToken.None);
        await Task.Delay(100);
    }

    private async Task ChangeAsync(string slug)
    {
        var row = host.Board.Snapshot.Find(slug)!;
        await (row.IsPaused ? host.Directory.ResumeAsync(row.BroadcasterUserId, CancellationToken.None) : host.Directory.PauseAsync(row.BroadcasterUserId, CancellationToken.None));
        await host.Board.CatchUpAsync(CancellationToken.None);

        // Two changes at once would be told as one: the newest state.
        await Task.Delay(100);
    }

    private static async Task<List<string?>> SlugsAsync(HubConnection connection, int count)
    {
        var slugs = new List<string?>();
        while (slugs.Count < count)
        {
            slugs.Add((await connection.NextAsync("StreamerChanged")).GetProperty("slug").GetString());
        }

        return slugs;
    }

    private static async Task<JsonElement> ReadAsync(HubConnection connection, string target, string slug, Func<JsonElement, bool> matches, string? never = null)
    {
        while (true)
        {
            var message = await connection.NextAsync(target);
            string? of = message.GetProperty(target == "StreamerChanged" ? "slug" : "streamer").GetString();
            of.ShouldNotBe(never);
            if (of == slug && matches(message))
            {
                return message;
            }
        }
    }
}
