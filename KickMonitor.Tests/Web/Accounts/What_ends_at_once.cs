using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Tests.Web.Api;
using KickMonitor.Tests.Web.Hubs;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hubs;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Accounts;

/// <summary>
/// What somebody may no longer do ends by notice, on every node: whatever else looks from time to time looks once an hour here,
/// so that nothing below can be its doing.
/// </summary>
public sealed class What_ends_at_once(What_ends_at_once.PatientHost host) : IClassFixture<What_ends_at_once.PatientHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_taken_streamer_is_gone_from_the_API_and_a_demoted_Admin_is_none()
    {
        await host.WatchAsync("taken-away");
        await host.AddPersonAsync(Role.Admin);
        var (viewer, admin) = (await host.AddPersonAsync(Role.Viewer, "taken-away"), await host.AddPersonAsync(Role.Admin));
        using var theirs = host.As(viewer);
        using var admins = host.As(admin);
        await theirs.ReadAsync("/api/v1/streamers/taken-away");
        await admins.ReadAsync("/api/v1/users");

        await host.Elsewhere.Assignments.UnassignAsync(viewer.Id, host.IdOf("taken-away"), Ct);
        await host.Elsewhere.People.SetRoleAsync(admin.Id, Role.User, Ct);

        await Wait.UntilAsync(async () => (await theirs.GetAsync("/api/v1/streamers/taken-away")).StatusCode == System.Net.HttpStatusCode.NotFound);
        await Wait.UntilAsync(async () => (await admins.GetAsync("/api/v1/users")).StatusCode == System.Net.HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("revoke")]
    [InlineData("disable")]
    [InlineData("delete")]
    [InlineData("sign out")]
    [InlineData("temporary password")]
    public async Task An_open_connection_to_the_hub_is_cut_off(string how)
    {
        var person = await host.AddPersonAsync(Role.Viewer);
        await using var connection = await HubConnection.OpenAsync(host.Address, person.Token);
        connection.Closed.IsCompleted.ShouldBeFalse();

        await (how switch
        {
            "revoke" => host.Elsewhere.Tokens.RevokeAsync(person.TokenId, null, Ct),
            "disable" => host.Elsewhere.People.DisableAsync(person.Id, Ct),
            "sign out" => host.Elsewhere.Entries.SignOutEverywhereAsync((await host.Elsewhere.People.FindAsync(person.Id, Ct))!, Ct),
            "temporary password" => host.Elsewhere.Entries.SetTemporaryPasswordAsync(person.Id, Ct),
            _ => (Task)host.Elsewhere.People.DeleteAsync(person.Id, _ => Task.CompletedTask, Ct),
        });

        await connection.Closed.WaitAsync(TimeSpan.FromSeconds(60), Ct);
    }

    [Fact]
    public async Task An_open_connection_to_the_hub_hears_no_more_of_a_group_that_was_taken()
    {
        await host.WatchAsync("in-the-group");
        await host.WatchAsync("by-itself");
        var person = await host.AddPersonAsync(Role.Viewer, "by-itself");
        await host.Elsewhere.Groups.SaveAsync(null, "ending", isPublic: false, [host.IdOf("in-the-group")], Ct);
        long group = host.Elsewhere.Groups.Find(null, "ending")!.Id;
        await host.Elsewhere.Assignments.AssignGroupAsync([person.Id], group, new Grant(), Ct);
        var rights = host.Services.GetRequiredService<Rights>();
        await Wait.UntilAsync(() => Task.FromResult(rights.Of(person.Id)!.MaySee(host.IdOf("in-the-group"))));
        await using var connection = await HubConnection.OpenAsync(host.Address, person.Token);

        await host.Elsewhere.Groups.RemoveAsync(group, Ct);
        await Wait.UntilAsync(() => Task.FromResult(!rights.Of(person.Id)!.MaySee(host.IdOf("in-the-group"))));
        await host.Directory.PauseAsync(host.IdOf("in-the-group"), Ct);
        await host.Board.CatchUpAsync(Ct);
        await host.Directory.PauseAsync(host.IdOf("by-itself"), Ct);
        await host.Board.CatchUpAsync(Ct);

        (await connection.NextAsync("StreamerChanged")).GetProperty("slug").GetString().ShouldBe("by-itself");
    }

    [Theory]
    [InlineData("role")]
    [InlineData("disable")]
    [InlineData("delete")]
    [InlineData("sign out")]
    public async Task Who_sits_before_an_open_page_becomes_nobody(string how)
    {
        var person = await host.AddPersonAsync(Role.Viewer);
        var sessions = host.Services.GetRequiredService<Sessions>();
        var session = await sessions.BeginAsync(person.Id, "192.0.2.1", "Browser", Ct);
        (await sessions.LivesAsync(session, Ct)).ShouldBeTrue();
        using var circuit = Sit(person, session);
        (await circuit.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated.ShouldBeTrue();

        await (how switch
        {
            "role" => host.Elsewhere.People.SetRoleAsync(person.Id, Role.User, Ct),
            "disable" => host.Elsewhere.People.DisableAsync(person.Id, Ct),
            "delete" => host.Elsewhere.People.DeleteAsync(person.Id, _ => Task.CompletedTask, Ct),
            _ => host.Elsewhere.Sessions.EndOthersAsync(person.Id, keep: null, Ct),
        });

        await Wait.UntilAsync(async () => (await circuit.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated == false);
    }

    [Fact]
    public async Task A_request_is_answered_as_it_came_though_rights_change_meanwhile()
    {
        await host.WatchAsync("during-a-request");
        var person = await host.AddPersonAsync(Role.Viewer);
        var sessions = host.Services.GetRequiredService<Sessions>();
        var session = await sessions.BeginAsync(person.Id, null, null, Ct);
        using var request = Sit(person, session, isOpen: false);
        bool isAskedAnew = false;
        request.AuthenticationStateChanged += _ => isAskedAnew = true;
        using var page = Sit(person, session);

        await host.Elsewhere.Sessions.EndOthersAsync(person.Id, keep: null, Ct);

        await Wait.UntilAsync(async () => (await page.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated == false);
        isAskedAnew.ShouldBeFalse();
        (await request.GetAuthenticationStateAsync()).User.UserId().ShouldBe(person.Id);
    }

    [Fact]
    public async Task An_open_page_is_asked_to_draw_anew_when_a_streamer_is_taken_away()
    {
        await host.WatchAsync("on-the-page");
        var person = await host.AddPersonAsync(Role.Viewer, "on-the-page");
        var sessions = host.Services.GetRequiredService<Sessions>();
        var session = await sessions.BeginAsync(person.Id, null, null, Ct);
        (await sessions.LivesAsync(session, Ct)).ShouldBeTrue();
        using var circuit = Sit(person, session);
        var rights = host.Services.GetRequiredService<Rights>();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        circuit.AuthenticationStateChanged += _ =>
        {
            if (!rights.Of(person.Id)!.MaySee(host.IdOf("on-the-page")))
            {
                asked.TrySetResult();
            }
        };

        await host.Elsewhere.Assignments.UnassignAsync(person.Id, host.IdOf("on-the-page"), Ct);

        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60), Ct);
        (await circuit.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated.ShouldBeTrue();
    }

    [Fact]
    public async Task A_cookie_that_another_node_made_a_moment_ago_is_good_before_its_news_arrives()
    {
        var person = await host.AddPersonAsync(Role.Viewer);
        using var before = await host.SignedInAsync(person);
        await using (var db = await host.Services.GetRequiredService<IDbContextFactory<KickMonitorDb>>().CreateDbContextAsync(Ct))
        {
            // As that node does it, but for the notice.
            await db.Users.Where(u => u.Id == person.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.SecurityStamp, Guid.NewGuid().ToString("N")), Ct);
        }

        using var after = await host.SignedInAsync(person);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => after.GetAsync("/api/v1/streamers")));
        answers.ShouldAllBe(a => a.StatusCode == System.Net.HttpStatusCode.OK);
        (await before.GetAsync("/api/v1/streamers")).StatusCode.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task An_open_page_that_an_Admin_views_as_somebody_else_is_nobodys_after_its_time()
    {
        var (clock, person, view) = await ViewAsync();
        using var circuit = view(30);
        (await circuit.GetAuthenticationStateAsync()).User.UserId().ShouldBe(person.Id);

        clock.Advance(TimeSpan.FromMinutes(29));
        (await circuit.GetAuthenticationStateAsync()).User.UserId().ShouldBe(person.Id);
        clock.Advance(TimeSpan.FromSeconds(61));

        await Wait.UntilAsync(async () => (await circuit.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated == false);
    }

    [Fact]
    public async Task A_view_that_was_begun_anew_meanwhile_ends_on_an_open_page_at_its_new_time()
    {
        var (clock, person, view) = await ViewAsync();
        using var circuit = view(30);
        await circuit.GetAuthenticationStateAsync();
        using var anew = view(50);
        circuit.SetAuthenticationState(anew.GetAuthenticationStateAsync());

        clock.Advance(TimeSpan.FromMinutes(31));
        (await circuit.GetAuthenticationStateAsync()).User.UserId().ShouldBe(person.Id);
        clock.Advance(TimeSpan.FromMinutes(20));

        await Wait.UntilAsync(async () => (await circuit.GetAuthenticationStateAsync()).User.Identity!.IsAuthenticated == false);
    }

    /// <returns>Opens a page on which an Admin views as the person for so many minutes.</returns>
    private async Task<(TestClock Clock, ApiHost.Person Person, Func<int, CircuitPerson> View)> ViewAsync()
    {
        var (admin, person) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Viewer));
        var sessions = host.Services.GetRequiredService<Sessions>();
        var session = await sessions.BeginAsync(admin.Id, null, null, Ct);
        (await sessions.LivesAsync(session, Ct)).ShouldBeTrue();
        var clock = new TestClock();
        var behind = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, admin.Id.ToString()), new Claim(Sessions.Claim, session.ToString())]));
        return (clock, person, minutes => Sit(person, session, clock, more: [.. ViewAs.ClaimsOf(behind, clock.GetUtcNow().AddMinutes(minutes))]));
    }

    private CircuitPerson Sit(ApiHost.Person person, Guid session, TimeProvider? time = null, bool isOpen = true, params Claim[] more)
    {
        var rights = host.Services.GetRequiredService<Rights>();
        var circuit = new CircuitPerson(rights, host.Services.GetRequiredService<Sessions>(), time ?? TimeProvider.System);
        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.NameIdentifier, person.Id.ToString()),
                new Claim(Sessions.Claim, session.ToString()),
                new Claim(new ClaimsIdentityOptions().SecurityStampClaimType, rights.Of(person.Id)!.SecurityStamp!),
                .. more,
            ], "test");
        circuit.SetAuthenticationState(Task.FromResult(new AuthenticationState(new ClaimsPrincipal(identity))));
        if (isOpen)
        {
            circuit.Watch();
        }

        return circuit;
    }

    /// <summary>A server that looks by itself once an hour, and another node that changes things.</summary>
    public sealed class PatientHost(Postgres postgres) : ApiHost(postgres)
    {
        private ServiceProvider? _elsewhere;

        internal (People People, Assignments Assignments, Groups Groups, ApiTokens Tokens, Sessions Sessions, EntryLinks Entries) Elsewhere { get; private set; }

        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            _elsewhere = AddNode();
            Elsewhere = (_elsewhere.GetRequiredService<People>(), _elsewhere.GetRequiredService<Assignments>(), _elsewhere.GetRequiredService<Groups>(),
                _elsewhere.GetRequiredService<ApiTokens>(), _elsewhere.GetRequiredService<Sessions>(), _elsewhere.GetRequiredService<EntryLinks>());

            // Whatever is told on connecting has been told.
            await Wait.UntilAsync(() => Task.FromResult(Services.GetRequiredService<Bus>().IsConnected));
        }

        public override async ValueTask DisposeAsync()
        {
            await (_elsewhere?.DisposeAsync() ?? ValueTask.CompletedTask);
            await base.DisposeAsync();
        }

        protected override void Prepare(IServiceProvider services)
        {
            services.GetRequiredService<Bus>().Heartbeat = TimeSpan.FromHours(1);
            services.GetRequiredService<LiveHubFeed>().TokensCheckedEvery = TimeSpan.FromHours(1);
        }
    }
}
