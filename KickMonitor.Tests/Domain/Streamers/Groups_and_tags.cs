using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Tests.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Streamers;

public sealed class Groups_and_tags(Postgres postgres) : SweepStory(postgres)
{
    private Groups Groups => Node.GetRequiredService<Groups>();

    [Fact]
    public async Task Saving_a_group_makes_it_so_however_often_it_is_done()
    {
        long lana = await WatchLiveAsync("lana");
        long miro = await WatchLiveAsync("miro");

        for (int i = 0; i < 2; i++)
        {
            (await Groups.SaveAsync(null, "spain", isPublic: true, [lana, miro, 4711], Ct)).ShouldBeTrue();
        }

        var group = Groups.All.ShouldHaveSingleItem();
        (group.OwnerId, group.Name, group.IsPublic).ShouldBe((null, "spain", true));
        group.Members.Order().ShouldBe(new[] { lana, miro }.Order());

        await Groups.SaveAsync(null, "spain", isPublic: false, [miro], Ct);
        Groups.All.ShouldHaveSingleItem().IsPublic.ShouldBeFalse();
        Groups.All[0].Members.ShouldBe([miro]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Spain")]
    [InlineData("a b")]
    [InlineData("-a")]
    [InlineData("a--b")]
    [InlineData("../admin")]
    [InlineData("a234567890123456789012345678901234567890b")]
    public async Task A_name_that_could_not_stand_in_an_address_is_refused(string name)
    {
        (await Groups.SaveAsync(null, name, isPublic: false, [], Ct)).ShouldBeFalse();
        Groups.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_person_has_their_own_groups_and_sees_those_of_the_Admins_only_where_they_see_somebody()
    {
        long lana = await WatchLiveAsync("lana");
        long miro = await WatchLiveAsync("miro");
        var people = Node.GetRequiredService<People>();
        var viewer = ((CreateUser.Created)await people.CreateAsync("viewer@example.com", Role.Viewer, "a long enough password", Ct)).User;
        await Node.GetRequiredService<Assignments>().AssignAsync(viewer.Id, lana, Ct);
        var rights = Node.GetRequiredService<Rights>();
        await rights.ReadAsync(Ct);
        await Groups.SaveAsync(null, "lanas", isPublic: false, [lana], Ct);
        await Groups.SaveAsync(null, "secret", isPublic: false, [miro], Ct);
        await Groups.SaveAsync(viewer.Id, "mine", isPublic: false, [lana], Ct);
        var other = ((CreateUser.Created)await people.CreateAsync("other@example.com", Role.Viewer, "a long enough password", Ct)).User;
        await Groups.SaveAsync(other.Id, "mine", isPublic: false, [], Ct);
        await rights.ReadAsync(Ct);

        Groups.Of(rights.Of(viewer.Id)!).Select(g => g.Name).ShouldBe(["lanas", "mine"]);
        Groups.Of(rights.Of(other.Id)!).Select(g => (g.Name, g.OwnerId)).ShouldBe([("mine", other.Id)]);
    }

    [Fact]
    public async Task Another_node_learns_of_a_group_when_it_reads_again()
    {
        var elsewhere = Scenario.AddNode().GetRequiredService<Groups>();
        await Groups.SaveAsync(null, "spain", isPublic: false, [], Ct);

        await elsewhere.ReadAsync(Ct);

        elsewhere.Find(null, "spain").ShouldNotBeNull();
        (await elsewhere.RemoveAsync(elsewhere.All[0].Id, Ct)).ShouldBe(ChangeGroup.Done);
        (await elsewhere.RemoveAsync(4711, Ct)).ShouldBe(ChangeGroup.NoSuchGroup);
    }

    [Fact]
    public async Task Of_two_nodes_that_make_a_group_at_once_one_makes_it_and_the_other_leaves_it_alone()
    {
        long lana = await WatchLiveAsync("lana");
        long miro = await WatchLiveAsync("miro");
        var elsewhere = Scenario.AddNode().GetRequiredService<Groups>();

        var made = await Task.WhenAll(Groups.CreateAsync(null, "front", isPublic: false, [lana], Ct), elsewhere.CreateAsync(null, "front", isPublic: true, [miro], Ct));

        made.ShouldBe([ChangeGroup.Done, ChangeGroup.NameTaken], ignoreOrder: true);
        bool isHere = made[0] == ChangeGroup.Done;
        foreach (var node in new[] { Groups, elsewhere })
        {
            await node.ReadAsync(Ct);
            var group = node.Find(null, "front")!;
            (group.IsPublic, group.Members.Single()).ShouldBe(isHere ? (false, lana) : (true, miro));
        }

        (await Groups.CreateAsync(null, "No Name", isPublic: false, [], Ct)).ShouldBe(ChangeGroup.NoName);
    }

    [Fact]
    public async Task Tags_are_kept_small_sorted_and_bounded_and_stand_on_the_board()
    {
        long lana = await WatchLiveAsync("lana");
        var board = Node.GetRequiredService<LiveBoard>();

        (await Node.GetRequiredService<StreamerDirectory>().TagAsync(lana, ["#FPS", "español", "fps", "no tag", "<b>"], Ct)).ShouldBeOfType<ReviseStreamer.Done>();
        await board.CatchUpAsync(Ct);

        var row = board.Snapshot.Find(lana)!;
        row.Tags.ShouldBe("español fps");
        row.HasTag("fps").ShouldBeTrue();
        row.HasTag("fp").ShouldBeFalse();

        await Node.GetRequiredService<StreamerDirectory>().TagAsync(lana, Enumerable.Range(0, 50).Select(i => $"t{i}"), Ct);
        await board.CatchUpAsync(Ct);
        board.Snapshot.Find(lana)!.Tags.Split(' ').Length.ShouldBe(Tag.Most);
    }

    [Fact]
    public async Task Of_two_who_change_a_group_at_once_the_second_is_told()
    {
        long lana = await WatchLiveAsync("lana");
        long miro = await WatchLiveAsync("miro");
        await Groups.SaveAsync(null, "front", isPublic: false, [lana], Ct);
        var seen = Groups.Find(null, "front")!;

        (await Groups.ReviseAsync(seen.Id, Ct, isPublic: true, members: [lana, miro], isAsSeen: stamp => stamp == seen.Stamp)).ShouldBe(ChangeGroup.Done);
        (await Groups.ReviseAsync(seen.Id, Ct, isPublic: false, members: [], isAsSeen: stamp => stamp == seen.Stamp)).ShouldBe(ChangeGroup.Stale);

        var now = Groups.Find(null, "front")!;
        (now.IsPublic, now.Members.Count).ShouldBe((true, 2));
        (await Groups.ReviseAsync(now.Id, Ct, isPublic: false, members: [miro], isAsSeen: stamp => stamp == now.Stamp)).ShouldBe(ChangeGroup.Done);
        Groups.Find(null, "front")!.Members.ShouldBe([miro]);
        (await Groups.ReviseAsync(4711, Ct, isPublic: false, members: [], isAsSeen: stamp => stamp == now.Stamp)).ShouldBe(ChangeGroup.NoSuchGroup);
    }

    [Fact]
    public async Task Of_two_who_change_tags_at_once_the_second_is_told()
    {
        long lana = await WatchLiveAsync("lana");
        var directory = Node.GetRequiredService<StreamerDirectory>();

        (await directory.TagAsync(lana, ["fps"], Ct, s => s.Tags.Length == 0)).ShouldBeOfType<ReviseStreamer.Done>();
        (await directory.TagAsync(lana, ["chess"], Ct, s => s.Tags.Length == 0)).ShouldBeOfType<ReviseStreamer.Stale>();

        (await directory.FindAsync("lana", Ct))!.Tags.ShouldBe(["fps"]);
        (await directory.TagAsync(lana, ["chess"], Ct, s => s.Tags is ["fps"])).ShouldBeOfType<ReviseStreamer.Done>();
    }

    [Fact]
    public async Task Whoever_loses_streamers_with_a_group_stands_in_the_audit_log()
    {
        var viewer = ((CreateUser.Created)await Node.GetRequiredService<People>().CreateAsync("viewer@example.com", Role.User, "a long enough password", Ct)).User;
        await Groups.SaveAsync(null, "front", isPublic: false, [], Ct);
        long id = Groups.Find(null, "front")!.Id;
        await Node.GetRequiredService<Assignments>().AssignGroupAsync([viewer.Id], id, new Grant(ManagesEvents: true), Ct);

        await Groups.RemoveAsync(id, Ct);

        (await Scenario.QueryAsync("SELECT subject, before->>'group', before->>'managesEvents' FROM audit WHERE verb = 'user.group_unassigned'")).ShouldBe([["viewer@example.com", "front", "true"]]);
    }
}
