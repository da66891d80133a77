using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using KickMonitor.Tests.Domain.Linking;
using KickMonitor.Web.Linking;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Linking;

public sealed class Links_that_wait_for_somebody(Postgres postgres) : LinkingStory(postgres)
{
    [Fact]
    public async Task A_link_that_ended_waits_for_its_owner_until_they_link_again_and_for_nobody_else()
    {
        var (person, other) = (await AddPersonAsync(), await AddPersonAsync("other"));
        var link = await LinkedAsync(person, Streamer());
        await LinkedAsync(other, Streamer("other"));
        using var states = States();
        int told = 0;
        using var watch = states.Watch(() => told++);
        await states.ReadAsync(Ct);
        states.EndedOf(person).ShouldBeEmpty();

        Grants.Disconnect(Streamer());
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        await states.ReadAsync(Ct);
        await states.ReadAsync(Ct);

        states.EndedOf(person).ShouldBe(["kick"]);
        states.EndedOf(other).ShouldBeEmpty();
        states.Refusing.ShouldBeEmpty("it is the grant's fault, not ours");
        told.ShouldBe(1, "nothing is drawn anew without news");

        await LinkedAsync(person, Streamer());
        await states.ReadAsync(Ct);
        states.EndedOf(person).ShouldBeEmpty();
    }

    [Fact]
    public async Task Credentials_that_a_provider_refuses_wait_for_an_Admin_and_other_trouble_does_not()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        using var states = States();
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        await states.ReadAsync(Ct);
        states.Refusing.ShouldBeEmpty();

        Faults.Clear();
        Faults.Add(FaultKind.Unauthorized, EndpointGroup.Token);
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        await states.ReadAsync(Ct);

        states.Refusing.ShouldBe(["kick"]);
        states.EndedOf(person).ShouldBeEmpty();
    }

    private LinkStates States() => new(Node.GetRequiredService<IDbContextFactory<KickMonitorDb>>(), Node.GetRequiredService<Bus>());
}
