using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Retention;
using KickMonitor.Tests.Domain.Events;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Retention;

public sealed class Keeping_and_erasing(Postgres postgres) : EventStory(postgres)
{
    [Fact]
    public async Task What_is_past_keeping_goes_and_the_rest_stays()
    {
        await Scenario.QueryAsync("INSERT INTO viewer_samples (broadcaster_user_id, at, viewers, quality) SELECT $1, $2 - make_interval(days => d), 5, 'ok' FROM generate_series(1, 60) d", Lana, Scenario.Clock.GetUtcNow());
        var node = Scenario.AddNode(new Dictionary<string, string?> { ["Retention:ViewerSamples"] = "30" }, also: services => services.AddRetention());

        (await node.GetRequiredService<KickMonitor.Domain.Retention.Retention>().RunAsync(Ct)).ShouldBe(30);

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM viewer_samples")).ShouldBe(30);
        var kind = (await node.GetRequiredService<KickMonitor.Domain.Retention.Retention>().ListAsync(Ct)).Single(k => k.Name == "viewer_samples");
        (kind.KeepDays, kind.Setting).ShouldBe((30, "Retention:ViewerSamples"));
        kind.Bytes.ShouldBeGreaterThan(0);
        kind.Oldest.ShouldBe(Scenario.Clock.GetUtcNow() - TimeSpan.FromDays(30));
    }

    [Fact]
    public async Task Sign_ins_and_what_happened_to_links_go_when_the_settings_say_and_open_sessions_stay()
    {
        var now = Scenario.Clock.GetUtcNow();
        var user = ((CreateUser.Created)await Node.GetRequiredService<People>().CreateAsync("ana@example.org", Role.Viewer, "a long enough password", Ct)).User;
        await Scenario.QueryAsync(
            "INSERT INTO sign_ins (id, user_id, at, outcome, last_seen_at) SELECT gen_random_uuid(), $1, $2 - make_interval(days => d), 'signed_in', $2 - make_interval(days => d / 2) FROM generate_series(1, 60) d", user.Id, now);
        await Scenario.QueryAsync("INSERT INTO link_events (id, at, kind, provider, user_id) SELECT gen_random_uuid(), $2 - make_interval(days => d), 'linked', 'kick', $1 FROM generate_series(1, 60) d", user.Id, now);
        var node = Scenario.AddNode(also: services => services.AddRetention());
        var settings = node.GetRequiredService<SettingStore>();
        var retention = node.GetRequiredService<KickMonitor.Domain.Retention.Retention>();
        (await retention.RunAsync(Ct)).ShouldBe(0);

        (await settings.SetAsync("Retention:SignIns", "13", null, Ct)).ShouldBeOfType<ChangeSetting.Refused>();
        (await settings.SetAsync("Retention:SignIns", "20", null, Ct)).ShouldBeOfType<ChangeSetting.Done>();
        (await settings.SetAsync("Retention:LinkEvents", "30", null, Ct)).ShouldBeOfType<ChangeSetting.Done>();
        (await retention.RunAsync(Ct)).ShouldBe(19 + 30);

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM sign_ins")).ShouldBe(41);
        var kinds = (await retention.ListAsync(Ct)).ToDictionary(k => k.Name);
        (kinds["sign_ins"].KeepDays, kinds["sign_ins"].Setting).ShouldBe((20, "Retention:SignIns"));
        (kinds["link_events"].KeepDays, kinds["link_events"].Setting).ShouldBe((30, "Retention:LinkEvents"));
        kinds["sign_ins"].Bytes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task What_events_tell_of_somebody_is_found_first_and_erased_when_asked()
    {
        var node = Scenario.AddNode(also: services => services.AddRetention());
        var erasure = node.GetRequiredService<Erasure>();
        await TellAsync("channel.followed", Follow(777, "Max_M"), sent: 1);
        await TellAsync("channel.followed", Follow(778, "Other"), sent: 2);

        (await erasure.FindAsync(KickWho.Parse("@max_m")!, Ct)).Events.ShouldBe(1);
        (await erasure.FindAsync(KickWho.Parse("777")!, Ct)).Events.ShouldBe(1);
        (await erasure.FindAsync(KickWho.Parse(Lana.ToString())!, Ct)).Events.ShouldBe(0);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(2);

        (await erasure.EraseAsync(KickWho.Parse("777")!, Ct)).Events.ShouldBe(1);

        (await Scenario.ScalarAsync<string>("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM events")).ShouldNotContain("Max_M");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM audit WHERE verb = 'person.erased'")).ShouldBe(1);
        (await erasure.FindAsync(KickWho.Parse("777")!, Ct)).ShouldBe(new Traces(0, 0));
    }

    [Fact]
    public async Task Bodies_that_nobody_can_read_are_erased_too_if_they_name_somebody()
    {
        var erasure = Scenario.AddNode(also: services => services.AddRetention()).GetRequiredService<Erasure>();
        await ReceiveAsync("channel.followed", Follow(777, "Max_M")[..^3]);
        await ReceiveAsync("channel.followed", Follow(7770, "Maximilian")[..^3]);

        (await erasure.FindAsync(KickWho.Parse("777")!, Ct)).Events.ShouldBe(1);
        (await erasure.FindAsync(KickWho.Parse("max_m")!, Ct)).Events.ShouldBe(1);
        (await erasure.EraseAsync(KickWho.Parse("777")!, Ct)).Events.ShouldBe(1);

        (await Scenario.ScalarAsync<string>("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM events")).ShouldNotContain("Max_M");
    }

    private static string Follow(long id, string name) =>
        $$"""{ "broadcaster": { "is_anonymous": false, "user_id": {{Lana}}, "username": "lana", "channel_slug": "lana" }, "follower": { "is_anonymous": false, "user_id": {{id}}, "username": "{{name}}", "channel_slug": "x" } }""";
}
