using System.Net;
using System.Text;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Web.Hosting;

namespace KickMonitor.Web.Webhooks;

public enum StepState
{
    Good,
    Waiting,
    Bad,
}

/// <summary>One step on the way from Kick to here, with the likely cause in words if it fails.</summary>
public sealed record WizardStep(string Name, StepState State, string Words);

/// <summary>Walks the way of a delivery: address, app settings, subscriptions, signature, a first real event.</summary>
public sealed class WebhookWizard(
    SiteOptions site, KickOptions kick, SigningKey key, SubscriptionKeeper keeper, Integrity integrity, WebhookCounts counts, DemoMode demo, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What has to be entered at Kick.</summary>
    public string? Address => site.PublicUrl is { Length: > 0 } url ? url.TrimEnd('/') + kick.WebhookPath : null;

    public async Task<List<WizardStep>> WalkAsync(CancellationToken ct)
    {
        var last = await integrity.LastAsync(ct);
        return
        [
            await ReachableAsync(ct),
            await SubscribedAsync(ct),
            Signature(),
            last is null
                ? new(T["A real event"], StepState.Waiting, T["None has come yet. Follow a watched channel from another account, or start a stream: the event should appear here within seconds."])
                : new(T["A real event"], StepState.Good, T["The last one came {0}: {1}.", Ago(time.GetUtcNow() - last.ReceivedAt), last.Type]),
        ];
    }

    private static string Ago(TimeSpan age) => age.TotalMinutes < 1 ? T["less than a minute ago"] : age.TotalHours < 1 ? T["{0} min ago", (int)age.TotalMinutes] : age.TotalDays < 1 ? T["{0} h ago", (int)age.TotalHours] : T["{0} days ago", (int)age.TotalDays];

    private async Task<WizardStep> ReachableAsync(CancellationToken ct)
    {
        string name = T["The public address"];
        if (demo.IsOn)
        {
            return new(name, StepState.Good, T["In demo mode the stand-in delivers straight to this server."]);
        }

        if (Address is not { } address || !Uri.TryCreate(address, UriKind.Absolute, out var uri))
        {
            return new(name, StepState.Bad, T["PublicUrl is not set. Kick needs an address that the internet can reach."]);
        }

        if (uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var ip) && IsPrivate(ip)))
        {
            return new(name, StepState.Bad, T["Kick does not deliver to {0}: it must be a public address. A tunnel or a reverse proxy gives one.", uri.Host]);
        }

        try
        {
            // Without its headers a delivery is refused with 400 and no body: an answer that only this reception gives.
            using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Patience };
            using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
            request.Headers.UserAgent.ParseAdd("Go-http-client/1.1");
            using var answer = await http.SendAsync(request, ct);
            return (int)answer.StatusCode switch
            {
                400 => new(name, StepState.Good, T["{0} leads here.", address]),
                403 => new(name, StepState.Bad, T["Something before this server answers 403. Firewalls that block the agent Go-http-client stop Kick's deliveries."]),
                >= 300 and < 400 => new(name, StepState.Bad, T["The address redirects ({0}); Kick does not follow. Enter the final address.", (int)answer.StatusCode]),
                404 => new(name, StepState.Bad, T["Another server, or another path, answers 404. Does the proxy pass this path on?"]),
                502 or 503 or 504 => new(name, StepState.Bad, T["The proxy answers {0}: it does not reach this server.", (int)answer.StatusCode]),
                var status => new(name, StepState.Bad, T["The address answers {0} where this server would answer 400.", status]),
            };
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return new(name, StepState.Bad, T["{0} does not answer from here ({1}). If only this machine cannot reach it, a real event will prove it.", address, e is HttpRequestException h ? h.HttpRequestError.ToString() : T["no answer in time"]]);
        }
    }

    private async Task<WizardStep> SubscribedAsync(CancellationToken ct)
    {
        string name = T["Kick's app settings and subscriptions"];
        var report = await integrity.ReadAsync(ct);
        if (report.Troubles.FirstOrDefault(t => t.Error?.Contains("not enabled", StringComparison.OrdinalIgnoreCase) == true) is not null)
        {
            return new(name, StepState.Bad, T["Kick says that webhooks are not enabled for the app. Switch them on in Kick's developer settings, enter the address above, and press Compare and repair."]);
        }

        var listing = await keeper.ListAsync(ct);
        if (listing.Failure is { } failure)
        {
            return new(name, StepState.Bad, failure.Kind == KickFailureKind.Unauthorized ? T["Kick refuses the client id and secret."] : T["Kick could not be asked: {0}.", failure]);
        }

        var plan = await keeper.PlanAsync(ct);
        var (missing, _) = SubscriptionPlan.Compare(plan, listing.Value);
        return plan.Count == 0 ? new(name, StepState.Waiting, T["Nobody is watched yet, so nothing is subscribed."])
            : missing.Count == 0 && !report.Findings.Any(f => f is { IsTrouble: true, Kind: FindingKind.Elsewhere }) ? new(name, StepState.Good, T["All {0} wanted subscriptions are listed.", plan.Count])
            : report.Findings.FirstOrDefault(f => f is { IsTrouble: true, Kind: FindingKind.Elsewhere or FindingKind.Unsubscribed }) is { } finding ? new(name, StepState.Bad, finding.In(T.Say))
            : missing.Count < plan.Count ? new(name, StepState.Waiting, T["{0} of {1} wanted subscriptions are listed; the rest is asked for every minute.", plan.Count - missing.Count, plan.Count])
            : new(name, StepState.Bad, report.Troubles is [{ Error: { } error }, ..] ? T["Nothing is subscribed. Kick says: {0}", error] : T["Nothing is subscribed yet; it is asked for every minute."]);
    }

    private WizardStep Signature()
    {
        string name = T["The signature"];
        long forged = counts.ByStatus.GetValueOrDefault(401);
        long good = counts.ByStatus.GetValueOrDefault(200);
        return key.Origin == "missing" && key.Problem is { } problem ? new(name, StepState.Bad, T["There is no key to check with, so deliveries are refused: {0}", problem])
            : forged > 0 && good == 0 ? new(name, StepState.Bad, T["{0} deliveries with a wrong signature and none with a good one since the start. Is Kick:PublicKey set to something else, or does a proxy change the body?", forged])
            : good > 0 ? new(name, StepState.Good, T["{0} good ones and {1} wrong ones since the start of this node. The key is {2}.", good, forged, T.Known(key.Origin)])
            : new(name, StepState.Waiting, key.Origin == "missing" ? T["The key is fetched with the first delivery."] : T["Nothing to check yet. The key is {0}.", T.Known(key.Origin)]);
    }

    private static bool IsPrivate(IPAddress ip)
    {
        byte[] b = ip.MapToIPv4().GetAddressBytes();
        return IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal || b[0] == 10 || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254);
    }
}
