using System.Collections.Concurrent;
using System.Diagnostics;
using KickMonitor.Domain.Linking;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>What opens an account is said nowhere.</summary>
public sealed class Saying_nothing(Postgres postgres) : LinkingStory(postgres)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(2);

    [Fact]
    public async Task Nothing_that_opens_an_account_stands_in_any_table_or_log()
    {
        var person = await AddPersonAsync();
        var address = await StartAsync(person);
        string state = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(address.Query)["state"].ToString();
        await AssertSilentAsync(state, Browser);
        var link = (await FinishAsync(Back(await Consent.AllowAsync(address, Streamer()), person))).ShouldBeOfType<LinkOutcome.Linked>().Link;
        Clock.Advance(Life);
        Faults.Add(FaultKind.InternalServerError, EndpointGroup.Token, count: 1);
        Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        await LinkAsync(await AddPersonAsync("mallory"), Streamer());
        await AssertSilentAsync(state, Browser);

        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));

        await AssertSilentAsync(state, Browser);
        Grants.EverySecret.Count.ShouldBeGreaterThan(6);
    }

    [Fact]
    public async Task Nothing_that_opens_an_account_stands_in_any_trace()
    {
        using var traces = new Traces();
        var person = await AddPersonAsync();
        var address = await StartAsync(person);
        string state = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(address.Query)["state"].ToString();
        var link = (await FinishAsync(Back(await Consent.AllowAsync(address, Streamer()), person))).ShouldBeOfType<LinkOutcome.Linked>().Link;
        await LinkedAsync(person, Streamer(), Twitch);
        Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        Clock.Advance(TimeSpan.FromHours(1));
        await KeepAsync();
        foreach (var linked in await Links.OfAsync(person, Ct))
        {
            await Scenario.RunAsync(Links.CheckAsync(linked.Id, Ct));
            await Scenario.RunAsync(Links.UnlinkAsync(linked.Id, person, person, Ct));
        }

        string text = traces.Text;
        text.ShouldContain("/oauth/revoke");
        text.ShouldContain("pending_revocations");
        foreach (string secret in Grants.EverySecret.Concat(Scenario.Kick.TwitchGrants.EverySecret).Concat([state, Browser, Scenario.Kick.ClientSecret]))
        {
            text.ShouldNotContain(secret);
        }
    }

    private async Task AssertSilentAsync(params string[] more)
    {
        var tables = await Scenario.QueryAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
        var everything = new System.Text.StringBuilder(Log.Text);
        foreach (object?[] table in tables)
        {
            foreach (object?[] row in await Scenario.QueryAsync($"SELECT t::text FROM \"{table[0]}\" t"))
            {
                string line = (string)row[0]!;
                everything.Append('\n').Append(line);
                foreach (System.Text.RegularExpressions.Match bytes in System.Text.RegularExpressions.Regex.Matches(line, @"\\x(?<hex>([0-9a-f]{2})+)", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10)))
                {
                    everything.Append('\n').Append(System.Text.Encoding.Latin1.GetString(Convert.FromHexString(bytes.Groups["hex"].Value)));
                }
            }
        }

        string text = everything.ToString();
        text.Length.ShouldBeGreaterThan(1000);
        foreach (string secret in Grants.EverySecret.Concat(more).Append(Scenario.Kick.ClientSecret))
        {
            text.ShouldNotContain(secret);
        }
    }
}

/// <summary>All that anybody who listens to traces is told, of whatever source.</summary>
internal sealed class Traces : IDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ActivityListener _listener;

    public Traces()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Note,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public string Text => string.Join('\n', _lines);

    public void Dispose() => _listener.Dispose();

    private void Note(Activity span)
    {
        _lines.Enqueue($"{span.Source.Name} {span.OperationName} {span.DisplayName} {span.StatusDescription} {span.TraceStateString} {string.Join(' ', span.Baggage)}");
        foreach (var (name, value) in span.TagObjects.Concat(span.Events.SelectMany(e => e.Tags)).Concat(span.Links.SelectMany(l => l.Tags ?? [])))
        {
            _lines.Enqueue($"{name}={value}");
        }

        foreach (var happened in span.Events)
        {
            _lines.Enqueue(happened.Name);
        }
    }
}
