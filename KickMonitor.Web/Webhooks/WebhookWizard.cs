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
                ? new("A real event", StepState.Waiting, "None has come yet. Follow a watched channel from another account, or start a stream: the event should appear here within seconds.")
                : new("A real event", StepState.Good, $"The last one came {Ago(time.GetUtcNow() - last.ReceivedAt)}: {last.Type}."),
        ];
    }

    private static string Ago(TimeSpan age) => age.TotalMinutes < 1 ? "less than a minute ago" : age.TotalHours < 1 ? $"{(int)age.TotalMinutes} min ago" : age.TotalDays < 1 ? $"{(int)age.TotalHours} h ago" : $"{(int)age.TotalDays} days ago";

    private async Task<WizardStep> ReachableAsync(CancellationToken ct)
    {
        const string name = "The public address";
        if (demo.IsOn)
        {
            return new(name, StepState.Good, "In demo mode the stand-in delivers straight to this server.");
        }

        if (Address is not { } address || !Uri.TryCreate(address, UriKind.Absolute, out var uri))
        {
            return new(name, StepState.Bad, "PublicUrl is not set. Kick needs an address that the internet can reach.");
        }

        if (uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var ip) && IsPrivate(ip)))
        {
            return new(name, StepState.Bad, $"Kick does not deliver to {uri.Host}: it must be a public address. A tunnel or a reverse proxy gives one.");
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
                400 => new(name, StepState.Good, $"{address} leads here."),
                403 => new(name, StepState.Bad, "Something before this server answers 403. Firewalls that block the agent Go-http-client stop Kick's deliveries."),
                >= 300 and < 400 => new(name, StepState.Bad, $"The address redirects ({(int)answer.StatusCode}); Kick does not follow. Enter the final address."),
                404 => new(name, StepState.Bad, "Another server, or another path, answers 404. Does the proxy pass this path on?"),
                502 or 503 or 504 => new(name, StepState.Bad, $"The proxy answers {(int)answer.StatusCode}: it does not reach this server."),
                var status => new(name, StepState.Bad, $"The address answers {status} where this server would answer 400."),
            };
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return new(name, StepState.Bad, $"{address} does not answer from here ({(e is HttpRequestException h ? h.HttpRequestError.ToString() : "no answer in time")}). If only this machine cannot reach it, a real event will prove it.");
        }
    }

    private async Task<WizardStep> SubscribedAsync(CancellationToken ct)
    {
        const string name = "Kick's app settings and subscriptions";
        var report = await integrity.ReadAsync(ct);
        if (report.Troubles.FirstOrDefault(t => t.Error?.Contains("not enabled", StringComparison.OrdinalIgnoreCase) == true) is not null)
        {
            return new(name, StepState.Bad, "Kick says that webhooks are not enabled for the app. Switch them on in Kick's developer settings and enter the address above.");
        }

        var listing = await keeper.ListAsync(ct);
        if (listing.Failure is { } failure)
        {
            return new(name, StepState.Bad, failure.Kind == KickFailureKind.Unauthorized ? "Kick refuses the client id and secret." : $"Kick could not be asked: {failure}.");
        }

        var plan = await keeper.PlanAsync(ct);
        var (missing, _) = SubscriptionPlan.Compare(plan, listing.Value);
        return plan.Count == 0 ? new(name, StepState.Waiting, "Nobody is watched yet, so nothing is subscribed.")
            : missing.Count == 0 && !report.Findings.Any(f => f is { IsTrouble: true, Kind: FindingKind.Elsewhere }) ? new(name, StepState.Good, $"All {plan.Count} wanted subscriptions are listed.")
            : report.Findings.FirstOrDefault(f => f is { IsTrouble: true, Kind: FindingKind.Elsewhere or FindingKind.Unsubscribed }) is { } finding ? new(name, StepState.Bad, finding.Words)
            : missing.Count < plan.Count ? new(name, StepState.Waiting, $"{plan.Count - missing.Count} of {plan.Count} wanted subscriptions are listed; the rest is asked for every minute.")
            : new(name, StepState.Bad, report.Troubles is [{ Error: { } error }, ..] ? $"Nothing is subscribed. Kick says: {error}" : "Nothing is subscribed yet; it is asked for every minute.");
    }

    private WizardStep Signature()
    {
        const string name = "The signature";
        long forged = counts.ByStatus.GetValueOrDefault(401);
        long good = counts.ByStatus.GetValueOrDefault(200);
        return key.Origin == "missing" && key.Problem is { } problem ? new(name, StepState.Bad, $"There is no key to check with, so deliveries are refused: {problem}")
            : forged > 0 && good == 0 ? new(name, StepState.Bad, $"{forged} deliveries with a wrong signature and none with a good one since the start. Is Kick:PublicKey set to something else, or does a proxy change the body?")
            : good > 0 ? new(name, StepState.Good, $"{good} good ones{(forged > 0 ? $", {forged} wrong ones" : "")} since the start of this node. The key is {key.Origin}.")
            : new(name, StepState.Waiting, key.Origin == "missing" ? "The key is fetched with the first delivery." : $"Nothing to check yet. The key is {key.Origin}.");
    }

    private static bool IsPrivate(IPAddress ip)
    {
        byte[] b = ip.MapToIPv4().GetAddressBytes();
        return IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal || b[0] == 10 || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254);
    }
}
