using System.CommandLine;
using System.Globalization;
using KickMonitor.Domain.Events;

namespace KickMonitor.Web.Cli;

internal static class SubscriptionVerb
{
    private static readonly Option<bool> Repair = new("--repair") { Description = "Create what is missing and remove what is too much" };

    public static Command Create(Verb verb) => verb.Create("subscriptions", "Compare Kick's event subscriptions with the plan", RunAsync, Repair);

    private static async Task RunAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var keeper = host.Get<SubscriptionKeeper>();
        if (call.Value(Repair))
        {
            var done = await keeper.ReconcileAsync(isAskedFor: true, call.Ct) ?? throw new CliFailure(ExitCode.Refused, "A server is reconciling the subscriptions right now.", "Try again in a moment.");
            if (done.Failure is { } failed)
            {
                throw CliFailure.Of(failed);
            }

            if (!call.Output.IsJson)
            {
                call.Output.Line($"{done.Created} created, {done.Removed} removed, {done.Refused} refused.");
            }
        }

        var listing = await keeper.ListAsync(call.Ct);
        if (listing.Failure is { } failure)
        {
            throw CliFailure.Of(failure);
        }

        var plan = await keeper.PlanAsync(call.Ct);
        var options = host.Get<EventOptions>();
        var (missing, surplus) = SubscriptionPlan.Compare(plan, listing.Value);
        var types = plan.Select(w => w.Type).Concat(listing.Value.Select(s => s.Type)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(t => new TypeRow(t, listing.Value.Count(s => s.Type == t), plan.Count(w => w.Type == t), missing.Count(w => w.Type == t), surplus.Count(s => s.Type == t), SubscriptionPlan.MostOf(t, options)) { Free = Math.Max(0, SubscriptionPlan.MostOf(t, options) - listing.Value.Count(s => s.Type == t)) }).ToList();
        if (call.Output.IsJson)
        {
            call.Output.List(types);
            return;
        }

        call.Output.Table(["Type", "Subscribed", "Wanted", "Missing", "Surplus", "Free", "Limit"], types.Select(t => new[] { t.Type, Text(t.Subscribed), Text(t.Wanted), Text(t.Missing), Text(t.Surplus), Text(t.Free), Text(t.Limit) }));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record TypeRow(string Type, int Subscribed, int Wanted, int Missing, int Surplus, int Limit)
    {
        public int Free { get; init; }
    }
}
