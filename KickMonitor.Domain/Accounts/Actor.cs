namespace KickMonitor.Domain.Accounts;

/// <summary>
/// Whoever the work at hand is done for. It is set once, where a request, a page's event or a verb comes in, and flows with the
/// work; what nobody asked for is done by the system.
/// </summary>
/// <param name="Name">An e-mail address, "cli" or "system"; null: as the user's account says.</param>
/// <param name="Via">"browser", "token km_…", "cli" or "system".</param>
/// <param name="Address">From where; null: as the session says.</param>
/// <param name="Session">The browser's session, if there is one.</param>
public sealed record Actor(Guid? UserId, string? Name, string Via, string? Address = null, Guid? Session = null)
{
    public static readonly Actor System = new(null, "system", "system");

    private static readonly AsyncLocal<Actor?> Ambient = new();

    /// <summary>They look at the place as somebody else, and change nothing.</summary>
    public bool IsReadOnly { get; init; }

    public static Actor Current
    {
        get => Ambient.Value ?? System;
        set => Ambient.Value = value;
    }
}

/// <summary>Somebody who only looks tried to change something.</summary>
public sealed class ReadOnlyException() : InvalidOperationException("You are viewing as somebody else: nothing can be changed.");
