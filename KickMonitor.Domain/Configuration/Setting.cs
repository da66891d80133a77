namespace KickMonitor.Domain.Configuration;

/// <summary>A value that is kept in the database.</summary>
public sealed class Setting
{
    public required string Key { get; init; }

    public required string Value { get; set; }

    public DateTimeOffset ChangedAt { get; set; }
}
