using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Domain.Accounts;

public enum Role
{
    /// <summary>Watches the streamers assigned to them.</summary>
    Viewer,

    /// <summary>A streamer or their moderator: links accounts and sees their own events.</summary>
    User,

    /// <summary>Manages everything.</summary>
    Admin,
}

/// <summary>A person who can sign in. Each has exactly one role.</summary>
public sealed class User : IdentityUser<Guid>
{
    public const int EmailLength = 254;
    public const int NameLength = 100;

    /// <summary>What to tell whoever writes a name that is none.</summary>
    public const string BadName = "A name has at most 100 characters, and no control characters.";

    public string? DisplayName { get; set; }

    /// <summary>An IANA name like Europe/Madrid; null: as the browser says.</summary>
    public string? TimeZone { get; set; }

    /// <summary>How dates and numbers are written, like es; null: as the browser says.</summary>
    public string? Language { get; set; }

    public Role Role { get; set; }

    /// <summary>The password was made for them: it opens nothing until they have chosen their own.</summary>
    public bool MustChangePassword { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? LastSignInAt { get; set; }

    public DateTimeOffset? DisabledAt { get; set; }

    public bool IsDisabled => DisabledAt is not null;

    public static bool IsName(string? text) => text is null || (text.Length <= NameLength && !text.Any(char.IsControl));

    public static bool IsAddress(string text) =>
        text.Length <= EmailLength && System.Net.Mail.MailAddress.TryCreate(text, out var address) && address.Address == text && text.All(c => c is > ' ' and < (char)127);
}

/// <summary>A streamer that a person may see.</summary>
public sealed class Assignment
{
    public Guid UserId { get; init; }

    public long BroadcasterUserId { get; init; }

    public DateTimeOffset AssignedAt { get; init; }

    /// <summary>May act on events, not only see them.</summary>
    public bool ManagesEvents { get; init; }

    /// <summary>May change what the chat does.</summary>
    public bool ManagesChat { get; init; }
}

/// <summary>A group of streamers whose members, whoever they are at the moment, a person may see.</summary>
public sealed class GroupAssignment
{
    public Guid UserId { get; init; }

    public long GroupId { get; init; }

    public DateTimeOffset AssignedAt { get; init; }

    public bool ManagesEvents { get; init; }

    public bool ManagesChat { get; init; }
}

/// <summary>A personal key to the API. Only its SHA-256 is kept.</summary>
public sealed class ApiToken
{
    public const int NameLength = 100;

    public Guid Id { get; init; }

    public Guid UserId { get; init; }

    public required string Name { get; init; }

    public required byte[] Hash { get; init; }

    /// <summary>The first characters, by which people recognise it.</summary>
    public required string Prefix { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Null: until it is revoked.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Names separated by spaces; null: whatever its owner may do.</summary>
    public string? Scopes { get; init; }

    public IReadOnlyList<TokenScope> AllowedScopes => Scopes is null ? TokenScopes.All : TokenScopes.TryParse(Scopes, out var some) ? some : [];
}
