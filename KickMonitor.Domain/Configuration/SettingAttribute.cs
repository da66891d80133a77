namespace KickMonitor.Domain.Configuration;

/// <summary>An option that Admins may change while the program runs. The options around it say how it is checked.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string description) : Attribute
{
    /// <summary>What it means, in words.</summary>
    public string Description => description;

    /// <summary>It can be written, but never read again; the database holds it encrypted.</summary>
    public bool IsSecret { get; init; }

    /// <summary>
    /// For a secret: the options beside it that say where it is sent, and by switches that are better on, how well protected. It is kept
    /// for that only, and removed when they change.
    /// </summary>
    public string[] SentTo { get; init; } = [];

    /// <summary>It is read once, when a node starts.</summary>
    public bool NeedsRestart { get; init; }
}

/// <summary>Options that are bound to one section of the configuration.</summary>
/// <param name="Section">Empty for those at the root.</param>
/// <param name="Title">What people call them together.</param>
public sealed record SettingSection(string Section, string Title, Type Options);
