using System.CommandLine;
using System.Diagnostics;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Web.Cli;

internal static class KickVerbs
{
    public static Command Create(Verb verb) => Verb.Group(
        "kick", "Kick's API",
        verb.Create("check", "Ask Kick for a token and three harmless things; needs no database", CheckAsync),
        SubscriptionVerb.Create(verb));

    private static async Task CheckAsync(Invocation call)
    {
        await using var host = await call.OpenAsync(DatabaseUse.None);
        var kick = host.Get<KickClient>();
        var token = await TimeAsync("token", () => host.Get<AppToken>().GetAsync(refused: null, CallPriority.Urgent, call.Ct), _ => "granted");
        List<KickCheck> checks = [token, await TimeAsync("public-key", () => kick.GetPublicKeyAsync(call.Ct), _ => "readable")];
        if (token.Ok)
        {
            // Ids and slugs that need not exist: an empty answer is as good.
            checks.Add(await TimeAsync("livestreams", () => kick.GetLivestreamsAsync([1], CallPriority.Urgent, call.Ct), found => $"{found.Count} live of 1 asked"));
            checks.Add(await TimeAsync("channels", () => kick.FindChannelsAsync(["kick"], CallPriority.Urgent, call.Ct), found => $"{found.Count} found of 1 asked"));
        }

        var options = host.Get<KickOptions>();
        if (call.Output.IsJson)
        {
            call.Output.Json(new { ok = checks.All(c => c.Ok), apiBaseUrl = options.ApiBaseUrl, idBaseUrl = options.IdBaseUrl, checks = checks.Select(c => new { c.Name, c.Ok, c.DurationMs, c.Detail }) });
        }
        else
        {
            call.Output.Facts(("API", options.ApiBaseUrl), ("Sign-in", options.IdBaseUrl));
            call.Output.Table(["Call", "Result", "Time", "Detail"], checks.Select(c => new[] { c.Name, c.Ok ? "ok" : "failed", $"{c.DurationMs} ms", c.Detail }));
        }

        if (checks.Find(c => !c.Ok) is { Failure: { } failure })
        {
            throw CliFailure.Of(failure);
        }
    }

    private static async Task<KickCheck> TimeAsync<T>(string name, Func<Task<KickResult<T>>> ask, Func<T, string> describe)
    {
        long start = Stopwatch.GetTimestamp();
        var answer = await ask();
        return new KickCheck(name, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds, answer.Failure, answer.Failure?.ToString() ?? describe(answer.Value));
    }

    private sealed record KickCheck(string Name, long DurationMs, KickFailure? Failure, string Detail)
    {
        public bool Ok => Failure is null;
    }
}
