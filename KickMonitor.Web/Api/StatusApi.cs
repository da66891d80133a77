using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>How the installation is doing.</summary>
/// <param name="Node">The node that answers.</param>
/// <param name="StartedAt">When the oldest running node started.</param>
/// <param name="Streamers">Those that you may see.</param>
public sealed record StatusView(
    string Version, string Node, IReadOnlyList<StatusNode> Nodes, DateTimeOffset? StartedAt, StatusStreamers Streamers, StatusSweep Sweep,
    IReadOnlyList<SourceView> Sources, StatusInbox Inbox);

public sealed record SourceView(string Name, SourceState State, DateTimeOffset? LastSuccessAt, string? LastError);

internal static class StatusApi
{
    public static void MapStatus(this IEndpointRouteBuilder api) =>
        api.MapGet("/status", ReadAsync).WithTags("Status").RequireScope(TokenScope.Read).WithSummary("Read how the installation is doing");

    private static async Task<Ok<StatusView>> ReadAsync(CurrentPerson person, StatusReport report, LiveBoard board, CancellationToken ct)
    {
        var status = await report.ReadAsync(ct);
        return TypedResults.Ok(new StatusView(
            status.Version, status.Node, status.Nodes, status.StartedAt, person.Rights.IsAdmin ? status.Streamers : Count(board.Snapshot, person.Rights),
            status.Sweep, [.. status.Sources.Select(s => new SourceView(s.Name, s.State, s.LastSuccessAt, s.LastError))], status.Inbox));
    }

    private static StatusStreamers Count(BoardSnapshot board, UserRights person)
    {
        var mine = person.Assigned.Select(board.Find).OfType<BoardRow>().ToList();
        return new StatusStreamers(mine.Count, mine.Count(r => r.IsLive));
    }
}
