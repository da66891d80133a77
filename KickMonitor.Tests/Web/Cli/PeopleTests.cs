using System.Globalization;
using System.Text.Json;
using KickMonitor.Tests.Web.Accounts;

namespace KickMonitor.Tests.Web.Cli;

public sealed class PeopleTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Creating_somebody_prints_a_password_once_and_a_second_time_ends_with_3()
    {
        var created = (await cli.RunAsync("users", "create", "--email", "ana@example.org", "--role", "Viewer", "--json")).ShouldEndWith(0).Json;

        created.GetProperty("generatedPassword").GetString().ShouldNotBeNullOrEmpty();
        created.EnumerateObject().Select(p => p.Name).Where(p => p != "generatedPassword")
            .ShouldBe(["id", "email", "displayName", "role", "disabled", "twoFactor", "lastSignInAt"]);
        created.GetProperty("role").GetString().ShouldBe("viewer");
        var again = await cli.RunAsync("users", "create", "--email", "ANA@example.org", "--role", "viewer");
        again.ShouldEndWith(3).Error.ShouldContain("already");
    }

    [Fact]
    public async Task A_password_that_was_given_is_not_printed()
    {
        var created = await cli.RunAsync("users", "create", "--email", "ben@example.org", "--role", "user", "--password", "correct horse battery");

        created.ShouldEndWith(0).Out.ShouldBe("Created ben@example.org (user).\n");
        (created.Out + created.Error).ShouldNotContain("horse");
    }

    [Theory]
    [InlineData("no-address", "correct horse battery")]
    [InlineData("cleo@example.org", "short")]
    public async Task A_bad_address_or_password_ends_with_3(string email, string password)
    {
        var result = await cli.RunAsync("users", "create", "--email", email, "--role", "user", "--password", password);

        result.ShouldEndWith(3).Error.ShouldNotContain(password);
    }

    [Fact]
    public async Task Roles_change_and_people_are_shut_out_and_let_in()
    {
        await cli.RunAsync("users", "create", "--email", "root@example.org", "--role", "admin");
        await cli.RunAsync("users", "create", "--email", "dora@example.org", "--role", "viewer");

        (await cli.RunAsync("users", "set-role", "dora@example.org", "user", "--json")).ShouldEndWith(0).Json.GetProperty("role").GetString().ShouldBe("user");
        (await cli.RunAsync("users", "disable", "dora@example.org", "--json")).ShouldEndWith(0).Json.GetProperty("disabled").GetBoolean().ShouldBeTrue();
        (await cli.RunAsync("users", "enable", "dora@example.org")).ShouldEndWith(0).Out.ShouldBe("dora@example.org is user.\n");
        (await cli.RunAsync("users", "disable", "root@example.org")).ShouldEndWith(3).Error.ShouldContain("last Admin");
        (await cli.RunAsync("users", "set-role", "root@example.org", "viewer")).ShouldEndWith(3);
        (await cli.RunAsync("users", "disable", "nobody@example.org")).ShouldEndWith(3).Error.ShouldContain("nobody@example.org");
        (await cli.RunAsync("users", "list")).ShouldEndWith(0).Out.ShouldContain("root@example.org\t\tadmin\tenabled\tno\t");
    }

    [Fact]
    public async Task A_new_password_comes_by_a_link_that_is_printed_alone_and_written_down_nowhere()
    {
        await cli.RunAsync("users", "create", "--email", "hana@example.org", "--role", "viewer");

        var link = (await cli.RunAsync("users", "reset-password", "hana@example.org")).ShouldEndWith(0);
        link.Out.ShouldMatch("^http[^ ]+/welcome\\?code=[A-Za-z0-9_-]{43}\n$");
        (await cli.RunAsync("users", "reset-password", "hana@example.org", "--temporary", "--json")).ShouldEndWith(0).Json.GetProperty("password").GetString()!.Length.ShouldBe(23);
        (await cli.RunAsync("users", "create", "--email", "ivo@example.org", "--role", "user", "--invite", "--json")).ShouldEndWith(0).Json.GetProperty("entryLink").GetString()!.ShouldContain("/welcome?code=");
        (await cli.RunAsync("users", "reset-password", "nobody@example.org")).ShouldEndWith(3);

        var log = (await cli.RunAsync("audit", "list", "--subject", "hana@example.org", "--json")).ShouldEndWith(0);
        log.Json.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("verb").GetString()).ShouldBe(["user.password_reset", "user.link_made", "user.created"]);
        log.Json.GetProperty("items")[0].GetProperty("actor").GetString().ShouldBe("cli");
        log.Out.ShouldNotContain(link.Out.Trim()[^43..]);
        (await cli.RunAsync("audit", "list", "--from", "yesterday")).ShouldEndWith(2);
        (await cli.RunAsync("audit", "list", "--limit", "0")).ShouldEndWith(2);
    }

    [Fact]
    public async Task A_link_is_sent_where_there_is_a_mail_server_and_printed_whatever_it_says()
    {
        (await cli.RunAsync("users", "create", "--email", "lea@example.org", "--role", "viewer", "--invite", "--send")).ShouldEndWith(3).Error.ShouldContain("Smtp:Host");
        (await cli.RunAsync("users", "list", "--search", "lea@example.org", "--json")).Json.GetProperty("items").GetArrayLength().ShouldBe(0, "nobody is created before it is known that nothing can be sent");
        (await cli.RunAsync("users", "create", "--email", "lea@example.org", "--role", "viewer", "--send")).ShouldEndWith(2);
        await using var server = new SmtpListener();
        foreach (var (key, value) in new[] { ("Smtp:Host", "127.0.0.1"), ("Smtp:Port", server.Port.ToString(CultureInfo.InvariantCulture)), ("Smtp:From", "monitor@example.org"), ("Smtp:StartTls", "false") })
        {
            (await cli.RunAsync("config", "set", key, value)).ShouldEndWith(0);
        }

        string invited = (await cli.RunAsync("users", "create", "--email", "lea@example.org", "--role", "viewer", "--invite", "--send", "--json")).ShouldEndWith(0).Json.GetProperty("entryLink").GetString()!;
        server.Mails.ShouldHaveSingleItem().Text.ShouldContain(invited);
        (await cli.RunAsync("users", "reset-password", "lea@example.org", "--temporary", "--send")).ShouldEndWith(2);

        server.KnowsNobody = true;
        var refused = (await cli.RunAsync("users", "reset-password", "lea@example.org", "--send")).ShouldEndWith(3);
        refused.Out.ShouldContain("/welcome?code=");
        refused.Error.ShouldContain("no such mailbox");
        (await cli.RunAsync("config", "unset", "Smtp:Host")).ShouldEndWith(0);
    }

    [Fact]
    public async Task Deleting_somebody_wants_to_be_meant_and_spares_the_last_Admin()
    {
        await cli.RunAsync("users", "create", "--email", "jan@example.org", "--role", "viewer");

        (await cli.RunAsync("users", "delete", "jan@example.org")).ShouldEndWith(2);
        var withKey = new Call { Settings = { ["MasterKey"] = Scenario.MasterKeyText } };
        (await cli.RunAsync(withKey, "users", "delete", "jan@example.org", "--yes")).ShouldEndWith(0).Out.ShouldBe("Deleted jan@example.org.\n");
        (await cli.RunAsync(withKey, "users", "delete", "jan@example.org", "--yes")).ShouldEndWith(3);
    }

    [Fact]
    public async Task Streamers_are_tagged_grouped_noted_and_ranked()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(4), cli.Slug(5));

        (await cli.RunAsync("streamers", "tag", cli.Slug(4), "Team", "#es", "--json")).ShouldEndWith(0).Json.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).ShouldBe(["es", "team"]);
        (await cli.RunAsync("streamers", "tag", cli.Slug(4), "no tag")).ShouldEndWith(2);
        (await cli.RunAsync("streamers", "group", "team-a", cli.Slug(4), cli.Slug(5))).ShouldEndWith(0).Out.ShouldBe("team-a has 2 streamers.\n");
        (await cli.RunAsync("streamers", "group", "team-a", cli.Slug(4), "--leave", "--json")).ShouldEndWith(0).Json.GetProperty("members").GetInt32().ShouldBe(1);
        (await cli.RunAsync("streamers", "group", "Team A", cli.Slug(4))).ShouldEndWith(2);
        (await cli.RunAsync("streamers", "note", cli.Slug(4), "asks for <b>help</b>", "--json")).ShouldEndWith(0).Json.GetProperty("notes").GetString().ShouldBe("asks for <b>help</b>");
        (await cli.RunAsync("streamers", "priority", "high", cli.Slug(4), "nobody")).ShouldEndWith(3).Out.ShouldBe($"{cli.Slug(4)}: high.\n");
        (await cli.RunAsync("streamers", "note", "nobody", "x")).ShouldEndWith(3);
        (await cli.RunAsync("streamers", "remove", cli.Slug(4))).ShouldEndWith(0);
        (await cli.RunAsync("streamers", "remove", cli.Slug(4), "--erase")).ShouldEndWith(0).Out.ShouldBe($"Erased {cli.Slug(4)}.\n");
        (await cli.RunAsync("streamers", "remove", cli.Slug(4), "--erase", "--json")).ShouldEndWith(3).Json.GetProperty("refused")[0].GetProperty("reason").GetString().ShouldBe("nothing is kept of them");
    }

    [Fact]
    public async Task Streamers_are_assigned_and_unassigned()
    {
        await cli.RunAsync("users", "create", "--email", "eva@example.org", "--role", "viewer");
        await cli.RunAsync("streamers", "add", cli.Slug(0), cli.Slug(1));

        var assigned = await cli.RunAsync("users", "assign", "eva@example.org", cli.Slug(0), cli.Slug(1), "nobody", "--json");
        assigned.ShouldEndWith(3).Json.GetProperty("assigned").EnumerateArray().Select(s => s.GetString()).ShouldBe([cli.Slug(0), cli.Slug(1)]);
        assigned.Json.GetProperty("refused")[0].GetProperty("slug").GetString().ShouldBe("nobody");

        (await cli.RunAsync("users", "assign", "eva@example.org", cli.Slug(0))).ShouldEndWith(0);
        (await cli.RunAsync("users", "unassign", "eva@example.org", cli.Slug(0))).ShouldEndWith(0).Out.ShouldBe($"{cli.Slug(0)} is unassigned.\n");
        (await cli.RunAsync("users", "unassign", "eva@example.org", cli.Slug(0))).ShouldEndWith(3);
        (await cli.RunAsync("users", "assign", "nobody@example.org", cli.Slug(0))).ShouldEndWith(3);
    }

    [Fact]
    public async Task A_token_is_printed_once_and_alone_listed_by_its_beginning_and_revoked()
    {
        await cli.RunAsync("users", "create", "--email", "finn@example.org", "--role", "user");

        var created = await cli.RunAsync("tokens", "create", "--user", "finn@example.org", "--name", "a [red]script");
        created.ShouldEndWith(0).Out.ShouldMatch("^km_[A-Za-z0-9]{43}\n$");
        created.Error.ShouldBeEmpty();

        var listed = (await cli.RunAsync("tokens", "list", "--user", "finn@example.org", "--json")).ShouldEndWith(0);
        listed.Out.ShouldNotContain(created.Out.Trim());
        var token = listed.Json.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        token.GetProperty("name").GetString().ShouldBe("a [red]script");
        token.GetProperty("user").GetString().ShouldBe("finn@example.org");
        token.GetProperty("lastUsedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        created.Out.ShouldStartWith(token.GetProperty("prefix").GetString()!);

        (await cli.RunAsync("tokens", "revoke", token.GetProperty("id").GetString()!)).ShouldEndWith(0);
        (await cli.RunAsync("tokens", "revoke", token.GetProperty("id").GetString()!)).ShouldEndWith(3);
        (await cli.RunAsync("tokens", "list", "--user", "finn@example.org")).ShouldEndWith(0).Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_token_with_json_can_be_revoked_by_its_beginning()
    {
        await cli.RunAsync("users", "create", "--email", "gus@example.org", "--role", "user");
        var created = (await cli.RunAsync("tokens", "create", "--user", "gus@example.org", "--name", "x", "--json")).ShouldEndWith(0).Json;
        created.GetProperty("token").GetString().ShouldNotBeNull().ShouldStartWith("km_");

        (await cli.RunAsync("tokens", "revoke", created.GetProperty("prefix").GetString()!, "--json")).ShouldEndWith(0);
        (await cli.RunAsync("tokens", "create", "--user", "nobody@example.org", "--name", "x")).ShouldEndWith(3);
        (await cli.RunAsync("tokens", "create", "--user", "gus@example.org", "--name", " ")).ShouldEndWith(2);
    }

    [Fact]
    public async Task A_token_can_be_made_for_few_uses_and_for_a_time()
    {
        await cli.RunAsync("users", "create", "--email", "ida@example.org", "--role", "user");

        var token = (await cli.RunAsync("tokens", "create", "--user", "ida@example.org", "--name", "x", "--scope", "read", "--scope", "users", "--expires", "30d", "--json")).ShouldEndWith(0).Json;
        token.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()).ShouldBe(["read", "users"]);
        (token.GetProperty("expiresAt").GetDateTimeOffset() - token.GetProperty("createdAt").GetDateTimeOffset()).TotalDays.ShouldBe(30, 0.01);
        var whole = (await cli.RunAsync("tokens", "create", "--user", "ida@example.org", "--name", "y", "--json")).ShouldEndWith(0).Json;
        whole.GetProperty("scopes").GetArrayLength().ShouldBe(5);
        whole.GetProperty("expiresAt").ValueKind.ShouldBe(JsonValueKind.Null);

        foreach (string[] wrong in new[] { new[] { "--scope", "everything" }, ["--expires", "soon"], ["--expires", "2020-01-01"], ["--expires", "0d"], ["--expires", "99999999999d"] })
        {
            (await cli.RunAsync(["tokens", "create", "--user", "ida@example.org", "--name", "z", .. wrong])).ShouldEndWith(2);
        }
    }
}
