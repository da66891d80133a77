using System.Diagnostics;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Yardsticks;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks;

/// <summary>How many visitors the public page, the badge and the feed answer a second, in turn with an endpoint that answers "ok".</summary>
internal static class PublicPages
{
    private const int Visitors = 32;
    private const int Rounds = 5;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        string bareProgram = await Build.PublishAsync("KickMonitor.Benchmarks", ct);
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = 100 }, new Dictionary<string, string>(StringComparer.Ordinal), ct);
        await stage.Database.ScalarAsync<int>(
            """
            WITH g AS (INSERT INTO streamer_groups (name, is_public) VALUES ('everybody', true) RETURNING id),
            m AS (INSERT INTO group_members (group_id, broadcaster_user_id) SELECT g.id, s.broadcaster_user_id FROM g, streamers s RETURNING 1)
            SELECT count(*)::int FROM m
            """, ct);
        await stage.StartAsync(ct);
        await stage.WaitForRoundAsync(1, ct);
        await using var bare = Server.Start(bareProgram, [BareStack.Name, await stage.Database.CreateAsync("bare", ct)], new Dictionary<string, string>(StringComparer.Ordinal));
        await bare.AnswersAsync("/healthz", ct);
        string slug = stage.Kick.World.Streamers[0].Slug;
        (string Name, Uri Address)[] all =
        [
            ("a bare endpoint", new(bare.Address, "/healthz")),
            ("the public page of 100 streamers", new(stage.Server.Address, "/p/everybody")),
            ("a badge", new(stage.Server.Address, $"/badge/{slug}.svg")),
            ("the feed", new(stage.Server.Address, "/p/everybody/feed.xml")),
        ];
        var rates = all.Select(_ => new List<double>()).ToArray();
        foreach (var (_, address) in all)
        {
            await RateAsync(address, ct);
        }

        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < all.Length; i++)
            {
                rates[i].Add(await RateAsync(all[i].Address, ct));
            }
        }

        for (int i = 0; i < all.Length; i++)
        {
            report.Add($"{all[i].Name}: requests a second", Median.Of(rates[i]), "");
            if (i > 0)
            {
                report.Add($"{all[i].Name}: bare endpoint's requests for one of it", Median.Of(rates[0].Zip(rates[i], (b, p) => b / p)), "×");
            }
        }
    }

    private static async Task<double> RateAsync(Uri address, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
        long answered = 0;
        long startedAt = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Visitors).Select(_ => Task.Run(
            async () =>
            {
                while (Stopwatch.GetElapsedTime(startedAt) < Window)
                {
                    using var answer = await http.GetAsync(address, ct);
                    answer.EnsureSuccessStatusCode();
                    await answer.Content.CopyToAsync(Stream.Null, ct);
                    Interlocked.Increment(ref answered);
                }
            },
            ct)));
        return answered / Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
    }
}
