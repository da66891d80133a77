using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

/// <summary>Something that was changed. Never holds a secret, however encrypted.</summary>
/// <param name="Verb">What was done, like <c>user.role_changed</c>: the kind of subject, a dot, a past participle.</param>
/// <param name="SubjectId">What it was done to, by an id that outlives renames.</param>
/// <param name="Subject">The same as people call it.</param>
/// <param name="Before">The changed properties, written as JSON; null if there was nothing.</param>
/// <param name="After">Likewise; null if nothing is left.</param>
public sealed record AuditEntry(string Verb, string SubjectId, string Subject, object? Before = null, object? After = null)
{
    public static AuditEntry OfUser(string verb, User user, object? before = null, object? after = null) =>
        new(verb, user.Id.ToString(), user.Email ?? user.Id.ToString(), before, after);
}

/// <summary>An entry as it was written down.</summary>
public sealed class AuditRow
{
    public const int NameLength = 300;

    public long Id { get; init; }

    public DateTimeOffset At { get; init; }

    public Guid? ActorId { get; init; }

    public required string Actor { get; init; }

    public required string Via { get; init; }

    public string? Address { get; init; }

    public required string Verb { get; init; }

    public required string SubjectId { get; init; }

    public required string Subject { get; init; }

    public string? Before { get; init; }

    public string? After { get; init; }
}

internal static class AuditMapping
{
    public static void MapAudit(this ModelBuilder builder) => builder.Entity<AuditRow>(e =>
    {
        e.ToTable("audit");
        e.Property(a => a.Before).HasColumnType("jsonb");
        e.Property(a => a.After).HasColumnType("jsonb");
        e.HasIndex(a => a.At);
        e.HasIndex(a => new { a.ActorId, a.Id });
        e.HasIndex(a => new { a.SubjectId, a.Id });
        e.HasIndex(a => new { a.Verb, a.Id });
    });
}
