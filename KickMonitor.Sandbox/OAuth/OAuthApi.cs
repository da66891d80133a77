using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Sandbox;

/// <summary>The part of id.kick.com that programs talk to.</summary>
internal static class OAuthApi
{
    public static void MapOAuth(this IEndpointRouteBuilder app)
    {
        app.MapAuthorize();
        app.MapTwitch();
        app.MapPost("/oauth/token", TokenAsync).InGroup(EndpointGroup.Token, limited: false);
        app.MapPost("/oauth/revoke", RevokeAsync).InGroup(EndpointGroup.Token, limited: false);
        app.MapPost("/oauth/token/introspect", Introspect).InGroup(EndpointGroup.Token, limited: false);
        app.MapPost("/public/v1/token/introspect", Introspect).InGroup(EndpointGroup.Token);
    }

    private static async Task<IResult> TokenAsync(HttpRequest request, AppTokens tokens, KickGrants grants, SandboxOptions options, CancellationToken ct)
    {
        if (!IsForm(request))
        {
            return Refuse(OAuthErrors.InvalidRequest);
        }

        var form = await request.ReadFormAsync(ct);
        if (form["client_id"] != options.ClientId || form["client_secret"] != options.ClientSecret)
        {
            return Refuse(OAuthErrors.InvalidRequest);
        }

        switch ((string?)form["grant_type"])
        {
            case "client_credentials":
                request.HttpContext.Response.Headers.CacheControl = "no-store";
                var token = new AppToken(tokens.Issue(), (int)AppTokens.Lifetime.TotalSeconds, "Bearer");
                return TypedResults.Json(token, KickJson.Options, "application/json;charset=UTF-8");
            case "authorization_code":
                return Pair(grants.Exchange(form["code"], form["redirect_uri"], form["code_verifier"]), grants, request);
            case "refresh_token":
                return grants.RefusesWithoutReason ? TypedResults.StatusCode(400) : Pair(grants.Refresh(form["refresh_token"]), grants, request);
            default:
                return Refuse(OAuthErrors.InvalidRequest);
        }
    }

    private static IResult Pair(Grant? grant, KickGrants grants, HttpRequest request)
    {
        if (grant is null)
        {
            return Refuse(OAuthErrors.InvalidGrant);
        }

        request.HttpContext.Response.Headers.CacheControl = "no-store";
        var pair = new UserTokens(grant.Access, "Bearer", grant.Refresh, (int)grants.AccessLife.TotalSeconds, grant.Scope);
        return TypedResults.Json(pair, KickJson.Options, "application/json;charset=UTF-8");
    }

    private static async Task<IResult> RevokeAsync(HttpRequest request, AppTokens tokens, KickGrants grants, CancellationToken ct)
    {
        string? token = request.Query["token"];
        if (string.IsNullOrEmpty(token) && IsForm(request))
        {
            token = (await request.ReadFormAsync(ct))["token"];
        }

        if (string.IsNullOrEmpty(token))
        {
            return Refuse(OAuthErrors.InvalidRequest);
        }

        tokens.Revoke(token);
        grants.Revoke(token);
        return TypedResults.Text("OK");
    }

    private static IResult Introspect(HttpRequest request, AppTokens tokens, KickGrants grants, SandboxOptions options)
    {
        if (BearerToken.Read(request) is not { } token)
        {
            return Answer.Unauthorized();
        }

        if (grants.Find(token) is { } grant)
        {
            return Answer.Ok(new TokenFacts(true, options.ClientId, "user", grant.Scope, grant.AccessExpiresAt.ToUnixTimeSeconds()));
        }

        return tokens.ExpiryOf(token) is { } expiry
            ? Answer.Ok(new TokenFacts(true, options.ClientId, "app", "", expiry.ToUnixTimeSeconds()))
            : Answer.Ok(new TokenFacts(false, null, null, null, null));
    }

    private static bool IsForm(HttpRequest request) =>
        request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) is true;

    private static ContentHttpResult Refuse(string body) => TypedResults.Text(body, "application/json", statusCode: 400);

    private sealed record AppToken(string AccessToken, int ExpiresIn, string TokenType);

    private sealed record UserTokens(string AccessToken, string TokenType, string RefreshToken, int ExpiresIn, string Scope);

    private sealed record TokenFacts(bool Active, string? ClientId, string? TokenType, string? Scope, long? Exp);
}
