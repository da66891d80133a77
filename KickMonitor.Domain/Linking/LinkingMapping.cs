using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

internal static class LinkingMapping
{
    public static void MapLinking(this ModelBuilder builder)
    {
        builder.Entity<AccountLink>(e =>
        {
            e.ToTable("account_links");
            e.Property(l => l.State).HasConversion<SnakeCase<LinkState>>();
            e.HasIndex(l => new { l.Provider, l.ExternalId }).IsUnique().HasDatabaseName("one_owner_per_account");
            e.HasIndex(l => new { l.UserId, l.Provider }).IsUnique().HasDatabaseName("one_account_per_provider");
            e.HasIndex(l => l.RefreshAt);
            e.HasOne<User>().WithMany().HasForeignKey(l => l.UserId);
            e.Ignore(l => l.GrantedScopes);
            e.Ignore(l => l.DisplayName);
        });
        builder.Entity<LinkAttempt>(e =>
        {
            e.ToTable("link_attempts");
            e.HasKey(a => a.StateHash);
            e.HasIndex(a => new { a.UserId, a.CreatedAt });
            e.HasOne<User>().WithMany().HasForeignKey(a => a.UserId);
        });
        builder.Entity<PendingRevocation>().ToTable("pending_revocations").HasIndex(r => r.NextAt);
        builder.Entity<LinkEvent>(e =>
        {
            e.ToTable("link_events");
            e.Property(x => x.Kind).HasConversion<SnakeCase<LinkEventKind>>();
            e.HasIndex(x => new { x.UserId, x.At });
            e.HasIndex(x => x.At);
        });
    }
}
