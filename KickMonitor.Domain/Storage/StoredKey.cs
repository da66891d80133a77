namespace KickMonitor.Domain.Storage;

/// <summary>A data-protection key, encrypted under the master key and shared by all nodes.</summary>
public sealed class StoredKey
{
    public int Id { get; init; }

    public required string Name { get; init; }

    public required string Xml { get; init; }
}
