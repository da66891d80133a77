using System.Net.Http.Json;
using System.Text.Json;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Contract;

public sealed class EventSubscriptionsTests : ContractTest
{
    private const string Path = "/public/v1/events/subscriptions";

    [Fact]
    public async Task One_is_made_listed_and_deleted()
    {
        var lana = World.Add("lana-lantern");
        var made = (await AskAsync(lana.Id, EventTypes.Status)).Only;
        made.GetProperty("name").GetString().ShouldBe(EventTypes.Status);
        string id = made.GetProperty("subscription_id").GetString()!;
        id.Length.ShouldBe(26);
        var listed = (await GetAsync(Path)).Only;
        listed.EnumerateObject().Select(p => p.Name).ShouldBe(["id", "app_id", "broadcaster_user_id", "event", "version", "method", "created_at", "updated_at"]);
        listed.GetProperty("id").GetString().ShouldBe(id);
        (await GetAsync($"{Path}?broadcaster_user_id={lana.Id + 1}")).Data.GetArrayLength().ShouldBe(0);
        (await Reply.OfAsync(await Kick.DeleteAsync($"{Path}?id={id}", Ct))).ShouldBe(204, "");
        (await GetAsync(Path)).ShouldBe(200, """{"data":[],"message":"OK"}""");
    }

    [Fact]
    public async Task The_same_one_can_be_made_twice()
    {
        var lana = World.Add("lana-lantern");
        await AskAsync(lana.Id, EventTypes.Status);
        await AskAsync(lana.Id, EventTypes.Status);
        (await GetAsync(Path)).Data.GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_row_can_fail_though_the_answer_is_200()
    {
        Sandbox.Webhooks.Faults.ErrorRows = true;
        var row = (await AskAsync(World.Add("lana-lantern").Id, EventTypes.Status)).Only;
        row.GetProperty("error").GetString().ShouldBe("webhooks are not enabled for app");
        row.GetProperty("subscription_id").GetString().ShouldBe("");
    }

    [Fact]
    public async Task A_row_can_succeed_and_never_be_there()
    {
        Sandbox.Webhooks.Faults.CreatedButNotThere = true;
        (await AskAsync(World.Add("lana-lantern").Id, EventTypes.Status)).Only.TryGetProperty("error", out _).ShouldBeFalse();
        (await GetAsync(Path)).Data.GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task The_limit_fails_the_whole_call()
    {
        var lana = World.Add("lana-lantern");
        Sandbox.Subscriptions.MostChat = 0;
        (await AskAsync(lana.Id, EventTypes.Status, EventTypes.Chat)).ShouldBe(400, """{"data":"event subscription limit reached","message":"Bad request"}""");
        (await GetAsync(Path)).Data.GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task An_app_names_the_channel_and_a_person_has_only_their_own()
    {
        var (lana, miro) = (World.Add("lana-lantern"), World.Add("miro-mast"));
        using var nameless = JsonContent.Create(new { method = "webhook", events = new[] { new { name = EventTypes.Status, version = 1 } } });
        (await Reply.OfAsync(await Kick.PostAsync(Path, nameless, Ct))).ShouldBe(400, """{"data":"broadcaster_user_id is required for app tokens","message":"Bad request"}""");
        Sandbox.Webhooks.Faults.OwnersOnly = true;
        (await AskAsync(lana.Id, EventTypes.Status)).ShouldBe(403, """{"data":{},"message":"Forbidden"}""");
        Kick.DefaultRequestHeaders.Authorization = new("Bearer", Sandbox.Grants.Issue(miro.Id, "events:subscribe").Access);
        (await AskAsync(lana.Id, EventTypes.Status)).Status.ShouldBe(200);
        Sandbox.Subscriptions.All.ShouldHaveSingleItem().BroadcasterId.ShouldBe(miro.Id);
    }

    [Fact]
    public async Task More_than_fifty_are_never_deleted_at_once() =>
        (await Reply.OfAsync(await Kick.DeleteAsync($"{Path}?{Repeated("id", 51)}", Ct))).ShouldBe(400, """{"data":{},"message":"Invalid request"}""");

    private async Task<Reply> AskAsync(long broadcaster, params string[] types)
    {
        using var wish = JsonContent.Create(new { broadcaster_user_id = broadcaster, method = "webhook", events = types.Select(t => new { name = t, version = 1 }) });
        return await Reply.OfAsync(await Kick.PostAsync(Path, wish, Ct));
    }
}
