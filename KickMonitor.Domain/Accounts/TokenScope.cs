using KickMonitor.Domain.Storage;

namespace KickMonitor.Domain.Accounts;

/// <summary>What a token may be used for. It never gives more than its owner may do.</summary>
public enum TokenScope
{
    /// <summary>Read status, history and events, and hear them live.</summary>
    Read,

    /// <summary>Add, pause and remove streamers.</summary>
    Streamers,

    /// <summary>Read and manage people and what they see; without the Admin's role, read oneself.</summary>
    Users,

    /// <summary>Read and change the configuration and the flags.</summary>
    Config,

    /// <summary>Whatever else Admins do: jobs, webhooks, the audit log.</summary>
    Admin,
}

public static class TokenScopes
{
    public static readonly IReadOnlyList<TokenScope> All = Enum.GetValues<TokenScope>();

    /// <summary>What tokens of people with this role open at most, whatever they say of themselves.</summary>
    public static IReadOnlyList<TokenScope> OpenTo(Role role) => role == Role.Admin ? All : [TokenScope.Read, TokenScope.Users];

    public static string NameOf(TokenScope scope) => SnakeCase<TokenScope>.Of(scope);

    /// <summary>Names separated by spaces or commas.</summary>
    /// <returns>False if one is unknown, or there is none.</returns>
    public static bool TryParse(string text, out IReadOnlyList<TokenScope> scopes)
    {
        var found = new SortedSet<TokenScope>();
        foreach (string name in text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!SnakeCase<TokenScope>.TryParse(name.ToLowerInvariant(), out var scope))
            {
                scopes = [];
                return false;
            }

            found.Add(scope);
        }

        scopes = [.. found];
        return found.Count > 0;
    }
}
