using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

public enum SignInOutcome
{
    /// <summary>A session began; the row is that session.</summary>
    SignedIn,
    WrongPassword,
    WrongCode,
    LockedOut,
}

/// <summary>Somebody tried to enter with a known account. A success is a session: it lasts until it is ended or unused for long.</summary>
public sealed class SignIn
{
    public const int AddressLength = 64;
    public const int AgentLength = 300;

    /// <summary>As long as the cookie lasts unused.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromDays(14);

    public Guid Id { get; init; }

    public Guid UserId { get; init; }

    public DateTimeOffset At { get; init; }

    public SignInOutcome Outcome { get; init; }

    public string? Address { get; init; }

    /// <summary>What the browser calls itself.</summary>
    public string? Agent { get; init; }

    public DateTimeOffset LastSeenAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }
}

internal static class SignInMapping
{
    public static void MapSignIns(this ModelBuilder builder) => builder.Entity<SignIn>(e =>
    {
        e.ToTable("sign_ins");
        e.Property(s => s.Outcome).HasConversion<SnakeCase<SignInOutcome>>();
        e.HasIndex(s => new { s.UserId, s.At });
        e.HasOne<User>().WithMany().HasForeignKey(s => s.UserId);
    });
}
