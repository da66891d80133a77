using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Tests.Domain.Linking;
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
