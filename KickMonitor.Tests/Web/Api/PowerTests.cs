using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Tests.Web.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Api;

/// <summary>What Admins do by the API, and how it is written down.</summary>
public sealed class PowerTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Two_Admins_who_demote_each_other_by_the_API_leave_one()
    {
        for (int round = 0; round < 3; round++)
        {
            var (ada, bo) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin));
            await DemoteOthersAsync(ada.Id, bo.Id);
            using var asAda = host.As(ada);
            using var asBo = host.As(bo);

            var answers = await Task.WhenAll(
                asAda.PatchAsJsonAsync($"/api/v1/users/{bo.Id}", new { role = "viewer" }),
                asBo.PatchAsJsonAsync($"/api/v1/users/{ada.Id}", new { disabled = true }));

            // The one who is demoted first may already be no Admin when the other request is looked at.
            answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1);
            answers.Single(a => a.StatusCode != HttpStatusCode.OK).StatusCode.ShouldBeOneOf(HttpStatusCode.Conflict, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized);
            new[] { ada.Id, bo.Id }.Count(id => host.People.FindAsync(id, CancellationToken.None).Result is { Role: Role.Admin, IsDisabled: false }).ShouldBe(1);
        }
    }

    [Fact]
    public async Task Who_changes_what_somebody_else_changed_meanwhile_is_told_by_whom()
    {
        var (ada, bo, viewer) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Viewer));
        using var asAda = host.As(ada);
        using var asBo = host.As(bo);
        var tag = (await asAda.GetAsync($"/api/v1/users/{viewer.Id}")).Headers.ETag.ShouldNotBeNull();
        (await asBo.PatchAsJsonAsync($"/api/v1/users/{viewer.Id}", new { displayName = "By Bo" })).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var late = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/users/{viewer.Id}") { Content = JsonContent.Create(new { displayName = "By Ada" }) };
        late.Headers.IfMatch.Add(new EntityTagHeaderValue(tag.Tag));
        var problem = await (await asAda.SendAsync(late)).ShouldBeProblemAsync(412);

        problem.GetProperty("detail").GetString()!.ShouldContain(bo.Email);
        (await asAda.ReadAsync($"/api/v1/users/{viewer.Id}")).GetProperty("displayName").GetString().ShouldBe("By Bo");
    }

    [Fact]
    public async Task Many_assignments_are_made_all_or_none()
    {
        await host.WatchAsync("first");
        await host.WatchAsync("second");
        var (admin, one, two) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.User), await host.AddPersonAsync(Role.Viewer));
        using var client = host.As(admin);

        await (await client.PostAsJsonAsync("/api/v1/assignments", new { users = new[] { one.Email }, streamers = new[] { "first", "nobody-there" } })).ShouldBeProblemAsync(404);
        (await client.ReadAsync($"/api/v1/users/{one.Id}/streamers")).GetProperty("items").GetArrayLength().ShouldBe(0);

        var made = await client.PostAsJsonAsync("/api/v1/assignments", new { users = new[] { one.Email, two.Id.ToString() }, streamers = new[] { "first", "second" }, managesChat = true });
        (await made.JsonAsync()).GetProperty("assignments").GetInt32().ShouldBe(4);
        var theirs = (await client.ReadAsync($"/api/v1/users/{one.Id}/streamers")).GetProperty("items");
        theirs.Strings("slug").ShouldBe(["first", "second"]);
        theirs[0].GetProperty("managesChat").GetBoolean().ShouldBeTrue();
        (await client.ReadAsync("/api/v1/streamers/first/users")).GetProperty("items").Strings("email").ShouldBe([one.Email, two.Email], ignoreOrder: true);
    }

    [Fact]
    public async Task The_audit_log_says_which_token_did_it_and_never_a_secret()
    {
        await host.WatchAsync("paused-one");
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);
        await client.PatchAsJsonAsync("/api/v1/streamers/paused-one", new { paused = true, notes = "<script>alert(1)</script>", priority = "high" });
        string email = $"invited-{Guid.NewGuid():N}@example.com";
        var invited = await (await client.PostAsJsonAsync("/api/v1/users", new { email, invite = true })).JsonAsync();
        string link = invited.GetProperty("entryLink").GetString()!;
        link.ShouldStartWith("http://monitor.example/welcome?code=");

        var log = await client.ReadAsync($"/api/v1/audit?person={admin.Id}");
        var entry = log.GetProperty("items").EnumerateArray().First(e => e.GetProperty("verb").GetString() == "streamer.paused");
        (entry.GetProperty("actor").GetString(), entry.GetProperty("via").GetString()).ShouldBe((admin.Email, $"token {admin.Token[..9]}…"));
        entry.GetProperty("address").GetString().ShouldBe("127.0.0.1");
        entry.GetProperty("before").GetProperty("paused").GetBoolean().ShouldBeFalse();
        entry.GetProperty("after").GetProperty("paused").GetBoolean().ShouldBeTrue();
        log.GetRawText().ShouldNotContain(link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        log.GetRawText().ShouldNotContain(admin.Token);
        (await client.ReadAsync("/api/v1/streamers/paused-one/details")).GetProperty("notes").GetString().ShouldBe("<script>alert(1)</script>");
    }

    [Fact]
    public async Task An_invitation_goes_by_mail_where_there_is_a_server_and_is_in_the_answer_whatever_it_says()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);
        string email = $"mailed-{Guid.NewGuid():N}@example.com";
        var refused = await client.PostAsJsonAsync("/api/v1/users", new { email, invite = true, send = true });
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("Smtp:Host");
        (await client.PostAsJsonAsync("/api/v1/users", new { email, send = true })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await using var server = new SmtpListener();
        foreach (var (key, value) in new[] { ("Smtp:Host", "127.0.0.1"), ("Smtp:Port", server.Port.ToString(CultureInfo.InvariantCulture)), ("Smtp:From", "monitor@example.org"), ("Smtp:StartTls", "false") })
        {
            (await client.PutAsJsonAsync($"/api/v1/configuration/{key}", new { value })).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        try
        {
            var invited = await (await client.PostAsJsonAsync("/api/v1/users", new { email, invite = true, send = true })).JsonAsync();
            invited.GetProperty("mail").GetString().ShouldBe("sent");
            var mail = server.Mails.ShouldHaveSingleItem();
            mail.To.ShouldBe(email);
            mail.Text.ShouldContain(invited.GetProperty("entryLink").GetString()!);

            server.KnowsNobody = true;
            var again = await (await client.PostAsync($"/api/v1/users/{invited.GetProperty("id").GetString()}/entry-link?send=true", null)).JsonAsync();
            again.GetProperty("mail").GetString()!.ShouldContain("no such mailbox");
            again.GetProperty("link").GetString()!.ShouldContain("/welcome?code=");
        }
        finally
        {
            await client.PutAsJsonAsync("/api/v1/configuration/Smtp:Host", new { value = (string?)null });
        }
    }

    [Fact]
    public async Task Who_changes_where_a_secret_is_sent_is_told_that_it_is_removed_and_reads_it_nowhere()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);
        async Task<JsonElement> PutAsync(string key, string? value, long? lastChange = null) => await (await client.PutAsJsonAsync($"/api/v1/configuration/{key}", new { value, lastChange })).JsonAsync();
        (await PutAsync("Smtp:Password", "hunter2-hunter2")).GetProperty("detail").GetString().ShouldBe("Set Smtp:Host first: Smtp:Password is kept for where it is sent.");
        await PutAsync("Smtp:Host", "mail.example.org");
        long seen = (await client.ReadAsync("/api/v1/configuration/Smtp:Password")).GetProperty("lastChange").GetInt64();
        await PutAsync("Smtp:Port", "2525");
        var overtaken = await client.PutAsJsonAsync("/api/v1/configuration/Smtp:Password", new { value = "hunter2-hunter2", lastChange = seen });
        overtaken.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await overtaken.Content.ReadAsStringAsync()).ShouldContain("Smtp:Port was changed meanwhile");
        var password = await PutAsync("Smtp:Password", "hunter2-hunter2");
        password.GetProperty("isSet").GetBoolean().ShouldBeTrue();
        password.GetProperty("sentTo").EnumerateArray().Select(k => k.GetString()).ShouldBe(["Smtp:Host", "Smtp:Port", "Smtp:StartTls"]);

        (await PutAsync("Smtp:Host", "mail.elsewhere.example")).GetProperty("removed").EnumerateArray().Select(k => k.GetString()).ShouldBe(["Smtp:Password"]);

        (await client.ReadAsync("/api/v1/configuration/Smtp:Password")).GetProperty("isSet").GetBoolean().ShouldBeFalse();
        var changes = (await client.ReadAsync("/api/v1/configuration/changes")).GetProperty("items").EnumerateArray().ToList();
        (changes[0].GetProperty("key").GetString(), changes[1].GetProperty("key").GetString()).ShouldBe(("Smtp:Password", "Smtp:Host"));
        var undone = await client.PostAsync($"/api/v1/configuration/changes/{changes[0].GetProperty("id").GetInt64()}/undo", null);
        undone.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await undone.Content.ReadAsStringAsync()).ShouldContain("kept for where it was sent then");
        await PutAsync("Smtp:Host", null);
        await PutAsync("Smtp:Port", null);
    }

    [Fact]
    public async Task The_log_is_read_a_page_at_a_time()
    {
        await host.WatchAsync("many-changes");
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);
        for (int i = 0; i < 3; i++)
        {
            await client.PatchAsJsonAsync("/api/v1/streamers/many-changes", new { paused = i % 2 == 0 });
        }

        var first = await client.ReadAsync($"/api/v1/audit?person={admin.Id}&verb=streamer&limit=2");
        var second = await client.ReadAsync($"/api/v1/audit?person={admin.Id}&verb=streamer&limit=2&after={first.GetProperty("next").GetString()}");

        first.GetProperty("items").Strings("verb").ShouldBe(["streamer.paused", "streamer.resumed"]);
        second.GetProperty("items").Strings("verb").ShouldBe(["streamer.paused"]);
        await (await client.GetAsync("/api/v1/audit?after=nonsense")).ShouldBeProblemAsync(400);
    }

    private async Task DemoteOthersAsync(params Guid[] keep)
    {
        using var connection = await ((Npgsql.NpgsqlDataSource)host.Services.GetService(typeof(Npgsql.NpgsqlDataSource))!).OpenConnectionAsync();
        using var command = new Npgsql.NpgsqlCommand("UPDATE users SET role = 'viewer' WHERE id <> ALL($1)", connection);
        command.Parameters.AddWithValue(keep);
        await command.ExecuteNonQueryAsync();
    }
}
