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
        (await elsewhere.RemoveAsync(elsewhere.All[0].Id, Ct)).ShouldBeTrue();
        (await elsewhere.RemoveAsync(4711, Ct)).ShouldBeFalse();
    }

    [Fact]
    public async Task Tags_are_kept_small_sorted_and_bounded_and_stand_on_the_board()
    {
        long lana = await WatchLiveAsync("lana");
        var board = Node.GetRequiredService<LiveBoard>();

        (await Node.GetRequiredService<StreamerDirectory>().TagAsync(lana, ["#FPS", "español", "fps", "no tag", "<b>"], Ct)).ShouldBeTrue();
        await board.CatchUpAsync(Ct);

        var row = board.Snapshot.Find(lana)!;
        row.Tags.ShouldBe("español fps");
        row.HasTag("fps").ShouldBeTrue();
        row.HasTag("fp").ShouldBeFalse();

        await Node.GetRequiredService<StreamerDirectory>().TagAsync(lana, Enumerable.Range(0, 50).Select(i => $"t{i}"), Ct);
        await board.CatchUpAsync(Ct);
        board.Snapshot.Find(lana)!.Tags.Split(' ').Length.ShouldBe(Tag.Most);
    }
}
