using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Domain.Backup;

public sealed class BackupOptions
{
    public const string Section = "Backup";

    [Setting("Hours between two backups of the database; 0: none are made by themselves")]
    [Range(0, 720)]
    public double Every { get; set; } = 24;

    [Setting("How many of them are kept")]
    [Range(1, 1000)]
    public int Keep { get; set; } = 7;

    [Setting("Restore each of them into a database of its own, to prove that it can be")]
    public bool Rehearse { get; set; } = true;

    [Setting("The folder they are written to; without one, backups in the data directory")]
    public string? Directory { get; set; }

    public TimeSpan EverySpan => TimeSpan.FromHours(Every);
}

/// <summary>Where backups go when the options name no folder.</summary>
public sealed record BackupFolder(string Path);
