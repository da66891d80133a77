using System.CommandLine;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Web.Cli;

internal static class StatusVerb
{
    public static Command Create(Verb verb) => verb.Create("status", "How the installation is doing: nodes, sweep, sources", ShowAsync);

    private static async Task ShowAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var status = await host.Get<StatusReport>().ReadAsync(call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(status);
            return;
        }

        call.Output.Facts(
            ("Version", status.Version),
            ("Streamers", $"{Plain.Number(status.Streamers.Total)} watched, {Plain.Number(status.Streamers.Live)} live"),
            ("Nodes", status.Nodes.Count == 0 ? "none is running" : string.Join(", ", status.Nodes.Select(n => $"{n.Name} (seen {Plain.Time(n.LastSeenAt)})"))),
            ("Last sweep", status.Sweep.LastStartedAt is { } at ? $"{Plain.Time(at)}, took {Plain.Number(status.Sweep.LastDurationMs)} ms" : "none yet"),
            ("Overdue", $"{Plain.Number(status.Sweep.Overdue)} checks"));
        foreach (var source in status.Sources)
        {
            call.Output.Facts(($"Source {source.Name}", Describe(source)));
        }
    }

    private static string Describe(StatusSource source)
    {
        string text = SnakeCase<SourceState>.Of(source.State);
        text += source.LastSuccessAt is { } at ? $", last success {Plain.Time(at)}" : string.Empty;
        return source.LastError is { } error ? $"{text}, {error}" : text;
    }
}
