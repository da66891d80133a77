using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace KickMonitor.Domain.Storage;

public sealed class KickMonitorDb(DbContextOptions<KickMonitorDb> options) : IdentityUserContext<User, Guid>(options)
{
    /// <summary>Numbers every visible change; drawn only under <see cref="ChangeLock"/>, so that numbers commit in order.</summary>
    public const string Changes = "changes";

    public DbSet<Streamer> Streamers => Set<Streamer>();

    public DbSet<FormerSlug> FormerSlugs => Set<FormerSlug>();

    public DbSet<Check> Checks => Set<Check>();

    public DbSet<StatusEvent> StatusEvents => Set<StatusEvent>();

    public DbSet<Broadcast> Broadcasts => Set<Broadcast>();

    public DbSet<ViewerSample> ViewerSamples => Set<ViewerSample>();

    public DbSet<SweepRound> SweepRounds => Set<SweepRound>();

    public DbSet<SourceHealth> Sources => Set<SourceHealth>();

    public DbSet<Node> Nodes => Set<Node>();

    public DbSet<Assignment> Assignments => Set<Assignment>();

    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();

    public DbSet<SignIn> SignIns => Set<SignIn>();

    public DbSet<AuditRow> Audit => Set<AuditRow>();

    public DbSet<UserPicture> UserPictures => Set<UserPicture>();

    public DbSet<AccountLink> AccountLinks => Set<AccountLink>();

    public DbSet<LinkAttempt> LinkAttempts => Set<LinkAttempt>();

    public DbSet<PendingRevocation> PendingRevocations => Set<PendingRevocation>();

    public DbSet<LinkEvent> LinkEvents => Set<LinkEvent>();

    public DbSet<Setting> Settings => Set<Setting>();

    public DbSet<StoredKey> DataProtectionKeys => Set<StoredKey>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<StreamerStatus>().HaveConversion<SnakeCase<StreamerStatus>>();
        configurationBuilder.Properties<Source>().HaveConversion<SnakeCase<Source>>();
        configurationBuilder.Properties<ViewerQuality>().HaveConversion<SnakeCase<ViewerQuality>>();
        configurationBuilder.Properties<StatusEventKind>().HaveConversion<SnakeCase<StatusEventKind>>();
        configurationBuilder.Properties<SourceState>().HaveConversion<SnakeCase<SourceState>>();
        configurationBuilder.Properties<Role>().HaveConversion<SnakeCase<Role>>();
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasSequence<long>(Changes);
        MapStreamers(builder);
        MapMonitoring(builder);
        MapAccounts(builder);
        Favourite.Map(builder);
        StreamerGroup.Map(builder);
        builder.MapEvents();
        builder.MapLinking();
        builder.MapSignIns();
        builder.MapSettings();
        builder.MapFlags();
        builder.MapBackups();
        builder.MapUserPictures();
        builder.MapAudit();
        EntryLink.Map(builder);
        GuessCount.Map(builder);
        builder.Entity<StoredKey>().ToTable("data_protection_keys").HasKey(k => k.Id);
        UseSnakeCase(builder);
    }

    private static void MapStreamers(ModelBuilder builder)
    {
        builder.Entity<Streamer>(e =>
        {
            e.ToTable("streamers");
            e.HasKey(s => s.BroadcasterUserId);
            e.Property(s => s.BroadcasterUserId).ValueGeneratedNever();
            e.Property(s => s.Tags).HasDefaultValueSql("'{}'");
            e.HasIndex(s => s.Slug);
            e.HasIndex(s => s.Version);
            e.HasOne<Broadcast>().WithMany().HasForeignKey(s => s.BroadcastId).OnDelete(DeleteBehavior.SetNull);
        });
        builder.Entity<FormerSlug>(e =>
        {
            e.ToTable("former_slugs");
            e.HasKey(s => s.Slug);
            e.HasOne<Streamer>().WithMany().HasForeignKey(s => s.BroadcasterUserId);
        });
    }

    private static void MapMonitoring(ModelBuilder builder)
    {
        builder.Entity<Check>(e =>
        {
            // Rewritten by every check: room on each page and no index besides the key keep the updates in place.
            e.ToTable("checks").HasStorageParameter("fillfactor", 50);
            e.HasKey(c => c.BroadcasterUserId);
            e.Property(c => c.BroadcasterUserId).ValueGeneratedNever();
            e.HasOne<Streamer>().WithOne().HasForeignKey<Check>(c => c.BroadcasterUserId);
        });
        builder.Entity<StatusEvent>(e =>
        {
            e.ToTable("status_events");
            e.HasIndex(s => new { s.BroadcasterUserId, s.Id });
            e.HasIndex(s => s.BroadcastId).IsUnique().HasFilter("kind = 'went_live'").HasDatabaseName("one_start_per_broadcast");
            e.HasOne<Streamer>().WithMany().HasForeignKey(s => s.BroadcasterUserId);
        });
        builder.Entity<Broadcast>(e =>
        {
            e.ToTable("broadcasts", t => t.HasCheckConstraint("ends_after_start", "ended_at >= started_at"));
            e.HasIndex(b => new { b.BroadcasterUserId, b.StartedAt }).IsUnique();
            e.HasOne<Streamer>().WithMany().HasForeignKey(b => b.BroadcasterUserId);
        });
        builder.Entity<ViewerSample>(e =>
        {
            e.ToTable("viewer_samples");
            e.HasKey(s => new { s.BroadcasterUserId, s.At });
        });
        builder.Entity<SweepRound>().ToTable("sweep_rounds");
        builder.Entity<SourceHealth>().ToTable("sources").HasKey(s => new { s.Name, s.Part });
        builder.Entity<Node>().ToTable("nodes").HasKey(n => n.Name);
    }

    private static void MapAccounts(ModelBuilder builder)
    {
        builder.Entity<User>(e =>
        {
            e.ToTable("users");
            e.HasIndex(u => u.NormalizedEmail).IsUnique();
        });
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("user_claims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("user_logins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("user_tokens");
        builder.Entity<IdentityUserPasskey<Guid>>().ToTable("user_passkeys");
        builder.Entity<Assignment>(e =>
        {
            e.ToTable("assignments");
            e.HasKey(a => new { a.UserId, a.BroadcasterUserId });
            e.HasOne<User>().WithMany().HasForeignKey(a => a.UserId);
            e.HasOne<Streamer>().WithMany().HasForeignKey(a => a.BroadcasterUserId);
        });
        builder.Entity<GroupAssignment>(e =>
        {
            e.ToTable("group_assignments");
            e.HasKey(a => new { a.UserId, a.GroupId });
            e.HasOne<User>().WithMany().HasForeignKey(a => a.UserId);
            e.HasOne<StreamerGroup>().WithMany().HasForeignKey(a => a.GroupId);
        });
        builder.Entity<ApiToken>(e =>
        {
            e.ToTable("api_tokens");
            e.HasIndex(t => t.Hash).IsUnique();
            e.Ignore(t => t.AllowedScopes);
            e.HasOne<User>().WithMany().HasForeignKey(t => t.UserId);
        });
    }

    private static void UseSnakeCase(ModelBuilder builder)
    {
        foreach (var entity in builder.Model.GetEntityTypes().Where(e => !e.IsMappedToJson()))
        {
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
            }
        }
    }
}

/// <summary>Keeps enumerations readable in the database: <c>WentLive</c> is <c>went_live</c>.</summary>
public sealed class SnakeCase<T>() : ValueConverter<T, string>(value => Of(value), text => Parse(text))
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> Names =
        Enum.GetValues<T>().ToDictionary(v => v, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));

    private static readonly Dictionary<string, T> Values = Names.ToDictionary(n => n.Value, n => n.Key, StringComparer.Ordinal);

    public static string Of(T value) => Names[value];

    public static T Parse(string text) => Values[text];

    public static bool TryParse(string text, out T value) => Values.TryGetValue(text, out value);
}
