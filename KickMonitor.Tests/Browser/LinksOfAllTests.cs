using System.Net;
using KickMonitor.Sandbox;
using KickMonitor.Tests.Domain.Linking;

namespace KickMonitor.Tests.Browser;

/// <summary>What an Admin sees of everybody's links, and does with them.</summary>
[Collection(nameof(Browser))]
public sealed class LinksOfAllTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_an_Admin_sees_the_health_of_all_links()
    {
        using var person = await Visitor.SignedInAsync(site, "nosy@example.com");
        (await person.GetAsync("/admin/links")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        using var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync(RunningServer.AdminEmail);
        var page = await admin.GetAsync("/admin/links");
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        string html = await page.Content.ReadAsStringAsync(Ct);
        foreach (string secret in site.Server.Kick.Grants.EverySecret)
        {
            html.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task An_Admin_sees_what_Kick_has_yet_to_hear_and_asks_it_no_more_often_than_anybody()
    {
        using var person = await Visitor.SignedInAsync(site, "unheard@example.com");
        long account = site.Server.Kick.World.Add("unheard").Id;
        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, account)).ToString());
        await site.Server.RunAsync("users", "create", "--email", "overseer@example.com", "--role", "admin", "--password", RunningServer.Password);
        using var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync("overseer@example.com");
        string page = await (await admin.GetAsync("/admin/links")).Content.ReadAsStringAsync(Ct);
        string link = page.Split($"kick:{account}<")[1].Split("value=\"revoke-")[1].Split('"')[0];
        page.ShouldNotContain("id=\"waiting\"");

        // The minute may end between the two.
        await Eventually.ShouldAsync(
            async () =>
            {
                while ((await admin.GetAsync("/connect/kick/callback")).StatusCode != HttpStatusCode.TooManyRequests)
                {
                }

                return (await admin.PostFormAsync("/admin/links", "/admin/links", ("_handler", $"revoke-{link}"))).StatusCode == HttpStatusCode.TooManyRequests;
            },
            "it is refused");

        using var again = new Visitor(site.Server.Address);
        await again.SignInAsync(RunningServer.AdminEmail);
        site.Server.Kick.Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token, count: 2);
        string after = await (await again.PostFormAsync("/admin/links", "/admin/links", ("_handler", $"revoke-{link}"))).Content.ReadAsStringAsync(Ct);
        after.ShouldContain("id=\"waiting\"");
        after.ShouldContain("the provider is told, now or as soon as it listens.");
    }

    [Fact]
    public async Task An_Admin_moves_a_link_to_somebody_whom_they_name_and_soon_after_signing_in_only()
    {
        using var person = await Visitor.SignedInAsync(site, "mistaken@example.com");
        using var heir = await Visitor.SignedInAsync(site, "rightful@example.com");
        long account = site.Server.Kick.World.Add("moving").Id;
        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, account)).ToString());
        await site.Server.RunAsync("users", "create", "--email", "mover@example.com", "--role", "admin", "--password", RunningServer.Password);
        using var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync("mover@example.com");
        string page = await (await admin.GetAsync("/admin/links")).Content.ReadAsStringAsync(Ct);
        string row = page.Split($"kick:{account}<")[1].Split("</tr>")[0];
        string link = row.Split("value=\"move-")[1].Split('"')[0];
        row.ShouldContain("moving (kick) is mistaken@example.com&#x27;s.", Case.Insensitive);

        (await MoveAsync(string.Empty)).ShouldContain("Nothing was moved: say to whom");
        (await MoveAsync("nobody@example.com")).ShouldContain("There is no such person or link.");
        await site.ExecuteAsync("UPDATE sign_ins SET at = at - interval '61 minutes' WHERE user_id = (SELECT id FROM users WHERE email = $1)", "mover@example.com");
        (await MoveAsync("rightful@example.com")).ShouldContain("Nothing was moved: that takes a sign-in within the last hour.");
        (await (await heir.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct)).ShouldNotContain($"number {account}");

        await admin.SignInAsync("mover@example.com");
        (await MoveAsync("rightful@example.com")).ShouldContain("is moved from mistaken@example.com to rightful@example.com.");

        string gained = await (await heir.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct);
        gained.ShouldContain($"number {account}");
        gained.ShouldContain("from another person");
        string lost = await (await person.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct);
        lost.ShouldNotContain($"number {account}");
        lost.ShouldContain("<span class=\"hint\">to another person</span>");

        async Task<string> MoveAsync(string to) => await (await admin.PostFormAsync("/admin/links", "/admin/links", ("_handler", $"move-{link}"), ("Move.To", to))).Content.ReadAsStringAsync(Ct);
    }
}
