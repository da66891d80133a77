using System.CommandLine;
using System.Globalization;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Web.Cli;

internal static class TokenVerbs
{
    private const int MostHours = 100 * 365 * 24;
    private static readonly Option<string> Owner = new("--user") { Description = "The owner's e-mail address; the token has their rights", Required = true };
    private static readonly Option<string> Name = new("--name") { Description = "What it is for", Required = true };
    private static readonly Option<string[]> Scopes = new("--scope")
    {
        Description = "What it may be used for: read, streamers, users, config, admin; several are possible. Left out: whatever its owner may do",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> Expires = new("--expires") { Description = "When it ends: after 30d or 12h, or at a time like 2027-01-31 (UTC). Left out: when it is revoked" };
    private static readonly Option<string?> OnlyOf = new("--user") { Description = "Only this person's" };
    private static readonly Argument<string> Token = new("token") { Description = "Its id or its first characters, as the list shows them" };

    public static Command Create(Verb verb) => Verb.Group(
        "tokens", "Keys to the API",
        verb.Create("create", "Make one; it is printed once, alone", CreateAsync, Owner, Name, Scopes, Expires),
        verb.Create("list", "Those that are not revoked", ListAsync, OnlyOf),
        verb.Create("revoke", "End one, at once", RevokeAsync, Token));

    private static async Task CreateAsync(Invocation call)
    {
        string name = call.Value(Name)!.Trim();
        if (name.Length is 0 or > ApiToken.NameLength || name.Any(char.IsControl))
        {
            throw new CliFailure(ExitCode.Usage, $"A token's name has 1 to {ApiToken.NameLength} characters.");
        }

        var scopes = ScopesOf(call.Value(Scopes));
        var expires = ExpiryOf(call.Value(Expires), DateTimeOffset.UtcNow);
        await using var host = await call.OpenAsync();
        var user = await UserVerbs.FindAsync(host.Get<People>(), call.Value(Owner)!, call.Ct);
        var (text, token) = await host.Get<ApiTokens>().CreateAsync(user.Id, name, call.Ct, scopes, expires);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { token.Id, token.Name, user = user.Email, token.Prefix, token.CreatedAt, scopes = Names(token), token.ExpiresAt, token = text });
        }
        else
        {
            call.Output.Line(text);
        }
    }

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var owner = call.Value(OnlyOf) is { } email ? await UserVerbs.FindAsync(host.Get<People>(), email, call.Ct) : null;
        var tokens = (await host.Get<ApiTokens>().ListAsync(owner?.Id, call.Ct))
            .ConvertAll(t => new { t.Token.Id, t.Token.Name, user = t.Email, t.Token.Prefix, t.Token.CreatedAt, t.Token.LastUsedAt, scopes = Names(t.Token), t.Token.ExpiresAt });
        if (call.Output.IsJson)
        {
            call.Output.List(tokens);
            return;
        }

        call.Output.Table(
            ["Token", "Name", "User", "Created", "Last used", "Scopes", "Expires", "Id"],
            tokens.Select(t => new[] { t.Prefix, t.Name, t.user, Plain.Time(t.CreatedAt), Plain.Time(t.LastUsedAt), string.Join(' ', t.scopes), Plain.Time(t.ExpiresAt), t.Id.ToString() }));
    }

    private static async Task RevokeAsync(Invocation call)
    {
        string text = call.Value(Token).TrimEnd('…');
        await using var host = await call.OpenAsync();
        var tokens = host.Get<ApiTokens>();
        var found = (await tokens.ListAsync(userId: null, call.Ct)).FindAll(t => Guid.TryParse(text, out var id) ? t.Token.Id == id : t.Token.Prefix == text);
        var token = found switch
        {
            [var one] => one.Token,
            [] => throw new CliFailure(ExitCode.Refused, "There is no such token that could be revoked.", "List them with: kickmonitor tokens list"),
            _ => throw new CliFailure(ExitCode.Refused, "Several tokens begin like that.", "Name the one by its id."),
        };
        await tokens.RevokeAsync(token.Id, owner: null, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { revoked = token.Id });
        }
        else
        {
            call.Output.Line($"Revoked {token.Prefix}… ({token.Name}).");
        }
    }

    private static IEnumerable<string> Names(ApiToken token) => token.AllowedScopes.Select(TokenScopes.NameOf);

    private static IReadOnlyList<TokenScope>? ScopesOf(string[]? named) => named is not { Length: > 0 } ? null
        : TokenScopes.TryParse(string.Join(' ', named), out var scopes) ? scopes
        : throw new CliFailure(ExitCode.Usage, $"A scope is one of: {string.Join(", ", TokenScopes.All.Select(TokenScopes.NameOf))}.");

    private static DateTimeOffset? ExpiryOf(string? text, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        DateTimeOffset? at = text[^1] is 'd' or 'h' && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= MostHours
            ? now + (text[^1] == 'd' ? TimeSpan.FromDays(Math.Min(count, MostHours / 24)) : TimeSpan.FromHours(count))
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var named) ? named
            : null;
        return at > now ? at : throw new CliFailure(ExitCode.Usage, "--expires takes a span like 30d or 12h, or a time to come like 2027-01-31.");
    }
}
