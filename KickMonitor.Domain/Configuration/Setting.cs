using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Configuration;

/// <summary>A value that is kept in the database; a secret one is kept encrypted.</summary>
public sealed class Setting
{
    public required string Key { get; init; }

    public required string Value { get; set; }

    public DateTimeOffset ChangedAt { get; set; }
}

/// <summary>What was once done to a setting, in the form in which it is stored, so that it can be undone.</summary>
public sealed class SettingChange
{
    public long Id { get; init; }

    public required string Key { get; init; }

    public string? Before { get; init; }

    public string? After { get; init; }

    public DateTimeOffset At { get; init; }

    public required string By { get; init; }
}

internal static class SettingsMapping
{
    public static void MapSettings(this ModelBuilder builder)
    {
        builder.Entity<Setting>().ToTable("settings").HasKey(s => s.Key);
        builder.Entity<SettingChange>(e =>
        {
            e.ToTable("setting_changes");
            e.HasIndex(c => new { c.Key, c.Id });
        });
    }
}
