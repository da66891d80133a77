using System.Globalization;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Domain.Streamers;

public enum ChangeGroup
{
    Done,
    NoSuchGroup,

    /// <summary>It could not stand in an address.</summary>
    NoName,

    /// <summary>There is a group of that name.</summary>
    NameTaken,

    /// <summary>The owner has <see cref="Groups.Most"/>.</summary>
    TooMany,

    /// <summary>Somebody else has changed the group since it was read.</summary>
    Stale,
}

/// <summary>What the audit log compares of a group.</summary>
internal sealed record GroupState(long Id, Guid? OwnerId, string Name, bool IsPublic, string[] Streamers)
{
    /// <inheritdoc cref="GroupView.Stamp"/>
    public required string Stamp { get; init; }

    /// <summary>What became of a group, its members by those who left and those who came.</summary>
    /// <returns>Null if nothing did, or it is nobody else's business.</returns>
    public static AuditEntry? Entry(GroupState? before, GroupState? after)
    {
        if ((after ?? before) is not { OwnerId: null } group)
        {
            return null;
        }

        string[] left = [.. (before?.Streamers ?? []).Except(after?.Streamers ?? [], StringComparer.Ordinal)];
        string[] came = [.. (after?.Streamers ?? []).Except(before?.Streamers ?? [], StringComparer.Ordinal)];
        return left.Length + came.Length == 0 && before?.Name == after?.Name && before?.IsPublic == after?.IsPublic ? null : new AuditEntry(
            Verb(before, after), group.Id.ToString(CultureInfo.InvariantCulture), group.Name, Side(before, left), Side(after, came));
    }

    private static string Verb(GroupState? before, GroupState? after) => (before, after) switch
    {
        (null, _) => "group.created",
        (_, null) => "group.removed",
        _ => before.Name != after.Name ? "group.renamed" : "group.changed",
    };

    private static object? Side(GroupState? state, string[] streamers) => state is null ? null : new { state.Name, state.IsPublic, streamers };
}
