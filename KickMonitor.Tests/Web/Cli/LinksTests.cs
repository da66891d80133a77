using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using KickMonitor.Tests.Domain.Linking;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Cli;

public sealed class LinksTests(Postgres postgres) : LinkingStory(postgres)
{
    [Fact]
    public async Task Links_are_listed_refreshed_and_revoked_without_a_token_in_sight()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        string name = $"kick:{link.ExternalId}";

        var list = (await RunAsync("links", "list", "--json")).ShouldEndWith(0);
        var refreshed = (await RunAsync("links", "refresh", name)).ShouldEndWith(0);
        Grants.All[0].Refreshes.ShouldBe(1);
        (await RunAsync("links", "revoke", name)).ShouldEndWith(0);
        Grants.All[0].IsRevoked.ShouldBeTrue();
        (await RunAsync("links", "refresh", name)).ShouldEndWith(3);

        list.Json.GetProperty("items")[0].GetProperty("state").GetString().ShouldBe("healthy");
        foreach (string secret in Grants.EverySecret)
        {
            (list.Out + refreshed.Out).ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task A_dead_link_says_who_has_to_do_what()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Grants.Disconnect(Streamer());

        var answer = (await RunAsync("links", "refresh", link.Id.ToString(), "--json")).ShouldEndWith(3);

        answer.ErrorJson.GetProperty("hint").GetString()!.ShouldContain("Linked accounts");
    }

    [Fact]
    public async Task A_new_master_key_opens_everything_that_the_old_one_did_and_the_old_one_nothing()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        string file = MasterKey.FileIn(Keys);
        var old = MasterKey.Read(file);

        (await RunAsync("keys", "rotate")).ShouldEndWith(0);

        MasterKey.Read(file).Fingerprint.ShouldNotBe(old.Fingerprint);
        File.Exists(file + ".next").ShouldBeFalse();
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        (await AddNode(MasterKey.Read(file)).GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
        (await AddNode(old).GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldNotBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task After_a_rotation_nothing_is_sealed_with_an_old_key_and_no_cookie_that_one_makes_is_good()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        var other = await LinkedAsync(await AddPersonAsync("other"), Streamer("other"), Twitch);
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(other.Id, null, null, Ct));
        Faults.Clear();
        await StartAsync(person);
        var settings = Scenario.AddNode(key: MasterKey.Load(null, Keys)).GetRequiredService<SettingStore>();
        await settings.SetAsync("Twitch:ClientSecret", "the first secret", null, Ct);
        (await settings.SetAsync("Twitch:ClientSecret", "the second secret", null, Ct)).ShouldBeOfType<ChangeSetting.Done>();
        string key = await SecondStepAsync(Node, person);
        var session = await Node.GetRequiredService<Sessions>().BeginAsync(person, "192.0.2.1", "a browser", Ct);
        var oldKeys = (await Scenario.QueryAsync("SELECT name FROM data_protection_keys")).ConvertAll(r => Guid.Parse(((string)r[0]!)["key-".Length..]));
        var thief = AddNode().GetRequiredService<IDataProtectionProvider>();
        string forged = thief.CreateProtector("a cookie").Protect("let me in");
        (await SealedWithAsync(oldKeys)).ShouldBe(["account_links", "link_attempts", "pending_revocations", "setting_changes", "settings", "user_tokens"], ignoreOrder: true);

        var done = (await RunAsync("keys", "rotate", "--json")).ShouldEndWith(0).Json;

        done.GetProperty("secrets").GetInt32().ShouldBe(2 + 2 + 1 + 3 + 2, "a link's tokens, revocations, the setting, its history, the authenticator key and the recovery codes");
        done.GetProperty("unreadable").GetInt32().ShouldBe(0);
        done.GetProperty("sessionsEnded").GetInt32().ShouldBe(1);
        (await SealedWithAsync(oldKeys)).ShouldBeEmpty();
        (await Scenario.QueryAsync("SELECT name FROM data_protection_keys")).Select(r => Guid.Parse(((string)r[0]!)["key-".Length..])).ShouldNotContain(k => oldKeys.Contains(k));

        var node = AddNode(MasterKey.Read(MasterKey.FileIn(Keys)));
        Should.Throw<System.Security.Cryptography.CryptographicException>(() => node.GetRequiredService<IDataProtectionProvider>().CreateProtector("a cookie").Unprotect(forged));
        (await node.GetRequiredService<Sessions>().LivesAsync(session, Ct)).ShouldBeFalse();
        (await node.GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
        (await Scenario.RunAsync(node.GetRequiredService<TokenVault>().RefreshNowAsync(link.Id, Ct))).ShouldBeOfType<UserToken.Ready>();
        (await AuthenticatorKeyAsync(node, person)).ShouldBe(key);
        await using (var scope = node.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            (await users.CountRecoveryCodesAsync((await users.FindByIdAsync(person.ToString()))!)).ShouldBe(3);
        }

        var free = Scenario.AddNode(key: MasterKey.Read(MasterKey.FileIn(Keys)));
        var moved = free.GetRequiredService<SettingStore>();
        await moved.ReadAsync(Ct);
        free.GetRequiredService<TwitchOptions>().ClientSecret.ShouldBe("the second secret");
        (await moved.UndoAsync((await moved.HistoryAsync("Twitch:ClientSecret", 1, Ct))[0].Id, Ct)).ShouldBeOfType<ChangeSetting.Done>();
        free.GetRequiredService<TwitchOptions>().ClientSecret.ShouldBe("the first secret");
        Clock.Advance(TimeSpan.FromMinutes(6));
        await Scenario.RunAsync(node.GetRequiredService<LinkKeeper>().RunAsync(Ct));
        Scenario.Kick.TwitchGrants.All[0].IsRevoked.ShouldBeTrue("a token that waited to be revoked still can be");
    }

    [Fact]
    public async Task A_rotation_moves_each_token_of_a_link_by_itself_and_counts_what_it_cannot_read()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await Scenario.QueryAsync("UPDATE account_links SET access_token = set_byte(access_token, 60, get_byte(access_token, 60) # 1)");

        (await RunAsync("keys", "rotate")).ShouldEndWith(3).Error.ShouldContain("all but 1");
        var done = (await RunAsync("keys", "rotate", "--force", "--json")).ShouldEndWith(0).Json;

        done.GetProperty("unreadable").GetInt32().ShouldBe(1);
        var node = AddNode(MasterKey.Read(MasterKey.FileIn(Keys)));
        (await Scenario.RunAsync(node.GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Ready>("the refresh token is enough");
    }

    [Fact]
    public async Task A_rotation_refuses_while_a_node_runs_that_would_go_on_with_the_old_keys()
    {
        await LinkedAsync(await AddPersonAsync(), Streamer());
        await Scenario.QueryAsync("INSERT INTO nodes (name, started_at, last_seen_at, version) VALUES ('node-1', $1, $1, '1')", DateTimeOffset.UtcNow);
        string before = await File.ReadAllTextAsync(MasterKey.FileIn(Keys), Ct);

        (await RunAsync("keys", "rotate")).ShouldEndWith(3).Error.ShouldContain("node-1");

        (await File.ReadAllTextAsync(MasterKey.FileIn(Keys), Ct)).ShouldBe(before);
        await Scenario.QueryAsync("UPDATE nodes SET last_seen_at = last_seen_at - interval '1 minute'");
        (await RunAsync("keys", "rotate")).ShouldEndWith(0);
    }

    [Fact]
    public async Task A_rotation_that_fails_in_the_middle_has_changed_nothing()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await using (await Scenario.BreakAsync("BEFORE INSERT ON audit"))
        {
            (await RunAsync("keys", "rotate")).Code.ShouldNotBe(0);
        }

        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();

        (await RunAsync("keys", "rotate")).ShouldEndWith(0);
        (await AddNode(MasterKey.Read(MasterKey.FileIn(Keys))).GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task A_rotation_that_was_cut_off_before_the_database_took_the_new_key_begins_where_it_was()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        string file = MasterKey.FileIn(Keys);
        var drafted = MasterKey.ReadOrCreate(file + ".next");
        (await AddNode().GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>("until then servers run on with the old key");
        (await RunAsync("links", "refresh", link.Id.ToString())).ShouldEndWith(0);

        (await RunAsync("keys", "rotate")).ShouldEndWith(0);

        MasterKey.Read(file).Fingerprint.ShouldBe(drafted.Fingerprint);
        File.Exists(file + ".next").ShouldBeFalse();
        (await AddNode(drafted).GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task A_rotation_that_was_cut_off_after_the_database_took_the_new_key_is_finished_by_doing_it_again()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        string file = MasterKey.FileIn(Keys);
        string old = await File.ReadAllTextAsync(file, Ct);
        (await RunAsync("links", "refresh", link.Id.ToString())).ShouldEndWith(0);
        (await RunAsync("keys", "rotate")).ShouldEndWith(0);

        // As if it had died with the new key still beside the old one.
        File.Move(file, file + ".next");
        await WriteKeyAsync(file, old);
        (await RunAsync("links", "refresh", link.Id.ToString())).ShouldEndWith(3).Error.ShouldContain("keys rotate");

        (await RunAsync("keys", "rotate")).ShouldEndWith(0);

        File.Exists(file + ".next").ShouldBeFalse();
        (await RunAsync("links", "refresh", link.Id.ToString())).ShouldEndWith(0);
        (await AddNode(MasterKey.Read(file)).GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task A_strange_master_key_touches_nothing()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        (await RunAsync("links", "refresh", link.Id.ToString())).ShouldEndWith(0);
        File.Delete(MasterKey.FileIn(Keys));
        (await RunAsync("links", "refresh", link.Id.ToString())).ShouldEndWith(3);
        MasterKey.ReadOrCreate(MasterKey.FileIn(Keys));

        (await RunAsync("links", "refresh", link.Id.ToString())).ShouldEndWith(3);
        (await RunAsync("keys", "rotate")).ShouldEndWith(3);

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    private static async Task<string> SecondStepAsync(IServiceProvider node, Guid person)
    {
        await using var scope = node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByIdAsync(person.ToString()))!;
        await users.ResetAuthenticatorKeyAsync(user);
        await users.GenerateNewTwoFactorRecoveryCodesAsync(user, 3);
        return (await AuthenticatorKeyAsync(node, person))!;
    }

    private static async Task<string?> AuthenticatorKeyAsync(IServiceProvider node, Guid person)
    {
        await using var scope = node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        return await users.GetAuthenticatorKeyAsync((await users.FindByIdAsync(person.ToString()))!);
    }

    /// <summary>The tables in which something is sealed with one of these keys: whatever is sealed says so itself.</summary>
    private async Task<List<string>> SealedWithAsync(List<Guid> keys)
    {
        var found = new List<string>();
        foreach (object?[] table in await Scenario.QueryAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'data_protection_keys'"))
        {
            string rows = string.Join('\n', (await Scenario.QueryAsync($"SELECT t::text FROM \"{table[0]}\" t")).Select(r => (string)r[0]!));
            byte[][] marks = [.. keys.Select(k => (byte[])[0x09, 0xF0, 0xC9, 0xF0, .. k.ToByteArray()])];

            // In base64 the last bytes share a letter with what follows.
            if (marks.Any(m => rows.Contains(Convert.ToHexStringLower(m), StringComparison.Ordinal) || rows.Contains(System.Buffers.Text.Base64Url.EncodeToString(m)[..26], StringComparison.Ordinal)))
            {
                found.Add((string)table[0]!);
            }
        }

        return found;
    }

    private static async Task WriteKeyAsync(string file, string key)
    {
        await File.WriteAllTextAsync(file, key, Ct);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private async Task<CliResult> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var terminal = new KickMonitor.Web.Cli.Terminal
        {
            Out = output,
            Error = error,
            In = new StringReader(string.Empty),
            IsOutTerminal = false,
            Key = () => null,
            ReadsEnvironment = false,
            Settings = new Dictionary<string, string?>
            {
                ["ConnectionStrings:KickMonitor"] = Scenario.Database,
                ["DataDirectory"] = Keys,
                ["Kick:ApiBaseUrl"] = Scenario.Kick.BaseAddress.ToString(),
                ["Kick:IdBaseUrl"] = Scenario.Kick.BaseAddress.ToString(),
                ["Kick:ClientId"] = Scenario.Kick.ClientId,
                ["Kick:ClientSecret"] = Scenario.Kick.ClientSecret,
            },
        };
        int code = await KickMonitor.Web.Cli.CommandLine.InvokeAsync(args, _ => throw new InvalidOperationException("Nobody asked to serve."), terminal, Ct);
        return new CliResult(code, output.ToString(), error.ToString());
    }
}
