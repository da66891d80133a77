using System.CommandLine;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Api;

namespace KickMonitor.Web.Cli;

internal static class AuditVerbs
{
    private static readonly Option<string?> Person = new("--person") { Description = "Only what this person did: part of a name, or an id" };
    private static readonly Option<string?> What = new("--verb") { Description = "Only this, like user.role_changed, or a first part like user" };
    private static readonly Option<string?> Subject = new("--subject") { Description = "Only what was done to this: part of a name, or an id" };
    private static readonly Option<DateTimeOffset?> From = new("--from") { Description = "Not before this time; UTC unless it says otherwise", CustomParser = a => ReadTime(a) };
    private static readonly Option<DateTimeOffset?> To = new("--to") { Description = "Before this time", CustomParser = a => ReadTime(a) };
    private static readonly Option<int> Limit = new("--limit") { Description = "How many at most", DefaultValueFactory = _ => 50 };

    public static Command Create(Verb verb) => Verb.Group(
        "audit", "Who changed what",
        verb.Create("list", "Newest first", ListAsync, Person, What, Subject, From, To, Limit));

    private static async Task ListAsync(Invocation call)
    {
        if (call.Value(Limit) < 1)
        {
            throw new CliFailure(ExitCode.Usage, "--limit is at least 1.");
        }

        await using var host = await call.OpenAsync();
        var query = new AuditQuery(call.Value(Person), call.Value(What), call.Value(Subject), call.Value(From), call.Value(To), Before: null, call.Value(Limit));
        var entries = new List<AuditView>();
        await foreach (var row in host.Get<Audit>().ReadAsync(query, call.Ct))
        {
            entries.Add(AuditView.Of(row));
        }

        if (call.Output.IsJson)
        {
            call.Output.List(entries);
            return;
        }

        call.Output.Table(
            ["At", "Who", "Via", "From", "What", "To what", "Before", "After"],
            entries.Select(e => new[] { Plain.Time(e.At), e.Actor, e.Via, e.Address, e.Verb, e.Subject, e.Before?.GetRawText(), e.After?.GetRawText() }));
    }

    private static DateTimeOffset? ReadTime(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        result.AddError("A time looks like 2026-10-05 or 2026-10-05T18:00Z.");
        return null;
    }
}
