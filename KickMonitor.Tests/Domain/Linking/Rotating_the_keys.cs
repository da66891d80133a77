using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

public sealed class Rotating_the_keys(Postgres postgres) : LinkingStory(postgres)
{
    private string File => MasterKey.FileIn(Keys);

    [Fact]
    public async Task Of_two_who_rotate_at_the_same_moment_one_does_and_nothing_is_lost()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        var old = MasterKey.Read(File);
        var (one, two) = (AddNode(old).GetRequiredService<KeyRotation>(), AddNode(old).GetRequiredService<KeyRotation>());
        await using var holding = Open();
        await using var held = await holding.Database.BeginTransactionAsync(Ct);
        await holding.Database.ExecuteSqlAsync($"LOCK TABLE account_links IN ROW SHARE MODE", Ct);
        var both = new[] { Task.Run(() => one.RotateAsync(old, File, Ct)), Task.Run(() => two.RotateAsync(old, File, Ct)) };
        await Eventually.ShouldAsync(
            async () => await Scenario.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%' AND datname = current_database()") == 2, "both wait for the tables");

        await held.CommitAsync(Ct);
        var outcomes = await Task.WhenAll(both);

        outcomes.Select(o => o.GetType()).ShouldBe([typeof(RotateKeys.Rotated), typeof(RotateKeys.Finished)], ignoreOrder: true);
        (await AddNode(MasterKey.Read(File)).GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task What_the_old_key_does_not_open_stops_a_rotation_unless_its_loss_is_meant()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await Scenario.QueryAsync("UPDATE account_links SET access_token = '\\x00'");
        var old = MasterKey.Read(File);
        var rotation = AddNode(old).GetRequiredService<KeyRotation>();

        (await rotation.RotateAsync(old, File, Ct)).ShouldBe(new RotateKeys.WouldLose(1));
        (await ActivatorUtilities.CreateInstance<KeyCheck>(Node).PassesAsync(Ct)).ShouldBeTrue("nothing was changed");

        (await rotation.RotateAsync(old, File, Ct, losesUnreadable: true)).ShouldBeOfType<RotateKeys.Rotated>();
        Clock.Advance(TimeSpan.FromMinutes(1));
        (await Scenario.RunAsync(AddNode(MasterKey.Read(File)).GetRequiredService<TokenVault>().RefreshNowAsync(link.Id, Ct))).ShouldBeOfType<UserToken.Ready>("the refresh token was readable");
    }
}
