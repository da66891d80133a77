using System.Security.Claims;
using System.Text.Encodings.Web;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace KickMonitor.Web.Accounts;

/// <summary>Signs a program in by its owner's API token.</summary>
public sealed class TokenSignIn(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiTokens tokens, Rights rights)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string TokenIdClaim = "token";
    public const string TokenPrefixClaim = "token prefix";
    public const string ScopeClaim = "scope";
    private const string Bearer = "Bearer ";

    /// <summary>The token that a request brings. Browsers cannot set headers on WebSockets, so the hub also reads the query.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        string? header = request.Headers.Authorization;
        if (header?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true)
        {
            return header[Bearer.Length..].Trim();
        }

        return request.Path.StartsWithSegments("/hubs") && request.Query["access_token"] is [{ Length: > 0 } token] ? token : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenOf(Request) is not { } text)
        {
            return AuthenticateResult.NoResult();
        }

        if (await tokens.VerifyAsync(text, Context.RequestAborted) is not { } token || rights.Of(token.UserId) is not { IsDisabled: false } person)
        {
            return AuthenticateResult.Fail("The token is unknown, revoked, expired, or its owner is disabled.");
        }

        var identity = new ClaimsIdentity(
            [
                new Claim(ClaimTypes.NameIdentifier, person.UserId.ToString()),
                new Claim(ClaimTypes.Role, person.Role.ToString()),
                new Claim(TokenIdClaim, token.Id.ToString()),
                new Claim(TokenPrefixClaim, token.Prefix),
                .. token.AllowedScopes.Intersect(TokenScopes.OpenTo(person.Role)).Select(s => new Claim(ScopeClaim, TokenScopes.NameOf(s))),
            ], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}
