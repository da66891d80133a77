using System.Text.Json.Nodes;

namespace KickMonitor.Tests.Domain.Events;

public sealed class What_is_held_back(Postgres postgres) : EventStory(postgres)
{
    [Fact]
    public async Task A_delivery_for_somebody_elses_channel_is_foreign()
    {
        var foreign = await TellAsync("channel.followed", Follow(42, id: 999));
        (await OfAsync<string>(foreign, "mark")).ShouldBe("foreign");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM channel_tallies")).ShouldBe(0);
    }

    [Fact]
    public async Task A_delivery_by_a_subscription_of_ours_is_ours()
    {
        await Scenario.QueryAsync("INSERT INTO event_subscriptions (id, type, broadcaster_user_id, listed_at) VALUES ('01OURS', 'channel.followed', 999, now())");
        (await OfAsync<string>(await TellAsync("channel.followed", Follow(42, id: 999), subscription: "01OURS"), "state")).ShouldBe("done");
    }

    [Fact]
    public async Task A_body_under_another_types_name_does_nothing()
    {
        var bodies = OneOfEach();
        foreach (var (type, _) in bodies)
        {
            foreach (var (other, body) in bodies.Where(b => b.Key != type && !(b.Key.Contains("subscription.", StringComparison.Ordinal) && type.Contains("subscription.", StringComparison.Ordinal) && !type.EndsWith("gifts", StringComparison.Ordinal) && !b.Key.EndsWith("gifts", StringComparison.Ordinal))))
            {
                var message = await TellAsync(type, body);
                (await OfAsync<string>(message, "coalesce(mark, state)")).ShouldBe("mismatch", $"{other} as {type}");
            }
        }
    }

    [Fact]
    public async Task Unknown_types_and_unreadable_bodies_are_kept_with_the_reason()
    {
        (await OfAsync<string>(await TellAsync("channel.raided", Follow(42)), "mark")).ShouldBe("unknown_type");
        foreach (var body in new[] { "", "nonsense", "[]", "1", "null", "{", new string('[', 5000), "{\"a\":" + new string('[', 70) + new string(']', 70) + "}" })
        {
            (await OfAsync<string>(await TellAsync("channel.followed", body), "mark")).ShouldBe("unreadable", body[..Math.Min(20, body.Length)]);
        }
    }

    [Fact]
    public async Task Whatever_a_field_holds_nothing_fails_and_the_next_delivery_acts()
    {
        JsonNode?[] oddities =
        [
            null, JsonValue.Create(true), JsonValue.Create(1.0), JsonValue.Create(1e3), JsonValue.Create(9223372036854775807), JsonValue.Create(1e300), JsonValue.Create("5"), JsonValue.Create("\0"),
            JsonValue.Create("<script>alert(1)</script>"), JsonValue.Create(new string('x', 100_000)), JsonValue.Create("0001-01-01T00:00:00Z"), JsonValue.Create("9999-12-31T23:59:59Z"), new JsonArray(), new JsonArray(1, null, "x"), new JsonObject(),
        ];
        int sent = 0;
        foreach (var (type, body) in OneOfEach())
        {
            foreach (var path in Paths(JsonNode.Parse(body)!))
            {
                foreach (var oddity in oddities)
                {
                    await ReceiveAsync(type, Change(body, path, oddity), sent: sent++ / 100d);
                }

                await ReceiveAsync(type, Remove(body, path), sent: sent++ / 100d);
            }

            // Text that JSON allows and nothing else does, names twice.
            await ReceiveAsync(type, body.Replace("lana", "\\ud800", StringComparison.Ordinal), sent: sent++ / 100d);
            await ReceiveAsync(type, body.Replace("\"username\"", "\"\\ud800\"", StringComparison.Ordinal), sent: sent++ / 100d);
            await ReceiveAsync(type, "{\"broadcaster\":{\"user_id\":" + Lana + "}," + body[1..], sent: sent++ / 100d);
        }

        await HandleAsync();
        (await Scenario.QueryAsync("SELECT type, error, convert_from(body, 'UTF8') FROM events WHERE attempts > 0 OR state IN ('failed', 'pending') LIMIT 5"))
            .Select(r => string.Join(' ', r).Length > 300 ? string.Join(' ', r)[..300] : string.Join(' ', r)).ShouldBeEmpty();
        long before = await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies WHERE broadcaster_user_id = $1", Lana);
        await TellAsync("channel.followed", Follow(4242), sent: 10_000);
        (await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies WHERE broadcaster_user_id = $1", Lana)).ShouldBe(before + 1);
    }

    private static IEnumerable<string[]> Paths(JsonNode node, string[]? above = null) => node is not JsonObject o
        ? []
        : o.SelectMany(p => (IEnumerable<string[]>)[[.. above ?? [], p.Key], .. p.Value is JsonObject && above is null ? Paths(p.Value, [p.Key]) : []]);

    private static string Change(string body, string[] path, JsonNode? value)
    {
        var root = JsonNode.Parse(body)!;
        var at = path[..^1].Aggregate(root, (n, p) => n[p]!);
        at[path[^1]] = value?.DeepClone();
        return root.ToJsonString();
    }

    private static string Remove(string body, string[] path)
    {
        var root = JsonNode.Parse(body)!;
        path[..^1].Aggregate(root, (n, p) => n[p]!).AsObject().Remove(path[^1]);
        return root.ToJsonString();
    }
}
