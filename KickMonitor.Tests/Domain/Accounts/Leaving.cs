namespace KickMonitor.Tests.Domain.Accounts;

public sealed class Leaving(Postgres postgres)
{
    /// <summary>Everything that is a person's own. What is added here belongs into "Download my data" too, unless it only opens something.</summary>
    private static readonly string[] Theirs =
    [
        "account_links", "api_tokens", "assignments", "entry_links", "favourites", "group_assignments", "link_attempts", "sign_ins", "streamer_groups", "user_claims", "user_logins", "user_passkeys", "user_pictures", "user_tokens",
    ];

    [Fact]
    public async Task Whatever_is_a_persons_own_goes_with_them()
    {
        await using var scenario = await Scenario.StartAsync(postgres);

        var tables = await scenario.QueryAsync("SELECT conrelid::regclass::text, confdeltype::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'users'::regclass ORDER BY 1");

        tables.Where(t => (string)t[1]! != "c").Select(t => t[0]).ShouldBeEmpty("a person could not be deleted, or would leave something behind");
        tables.Select(t => (string)t[0]!).ShouldBe(Theirs, ignoreOrder: true, "a new table of people's: is it in the download of their data?");
    }
}
