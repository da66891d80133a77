using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;

namespace KickMonitor.Sandbox;

/// <summary>As much of Twitch as linking needs, under /twitch: it ignores PKCE, wants the secret, and says things its own way.</summary>
internal static class TwitchApi
{
    private const string OAuth = "OAuth ";

    public static void MapTwitch(this IEndpointRouteBuilder app)
    {
        app.MapGet("/twitch/oauth2/authorize", (HttpRequest request, World world, SandboxOptions options) =>
            Authorization.Read(QueryHelpers.ParseQuery(request.QueryString.Value), options, wantsChallenge: false) is { } carried
                ? ConsentPage.Show(request, world, "Twitch", "/twitch/oauth2/authorize", carried)
                : Refuse(400, "invalid request")).InGroup(EndpointGroup.Authorize, limited: false);
        app.MapPost("/twitch/oauth2/authorize", async (HttpRequest request, World world, TwitchGrants grants, SandboxOptions options, CancellationToken ct) =>
            Authorization.Answer(await request.ReadFormAsync(ct), world, grants, options, namesScope: true)).InGroup(EndpointGroup.Authorize, limited: false);
        app.MapPost("/twitch/oauth2/token", TokenAsync).InGroup(EndpointGroup.Token, limited: false);
        app.MapGet("/twitch/oauth2/validate", Validate).InGroup(EndpointGroup.Token, limited: false);
        app.MapPost("/twitch/oauth2/revoke", RevokeAsync).InGroup(EndpointGroup.Token, limited: false);
        app.MapGet("/twitch/helix/users", Users).InGroup(EndpointGroup.Users, limited: false);
    }

    private static async Task<IResult> TokenAsync(HttpRequest request, TwitchGrants grants, SandboxOptions options, CancellationToken ct)
    {
        var form = await request.ReadFormAsync(ct);
        if (form["client_id"] != options.ClientId || form["client_secret"] != options.ClientSecret)
        {
            return Refuse(form["client_secret"].Count == 0 ? 400 : 403, form["client_secret"].Count == 0 ? "missing client secret" : "invalid client secret");
        }

        bool isRefresh = form["grant_type"] == "refresh_token";
        var grant = isRefresh ? grants.Refresh(form["refresh_token"])
            : form["grant_type"] == "authorization_code" ? grants.Exchange(form["code"], form["redirect_uri"], verifier: null)
            : null;
        return grant is null
            ? Refuse(400, isRefresh ? "Invalid refresh token" : "Invalid authorization code")
            : TypedResults.Json(
                new { AccessToken = grant.Access, ExpiresIn = (int)grants.AccessLife.TotalSeconds, RefreshToken = grant.Refresh, Scope = grant.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries), TokenType = "bearer" },
                KickJson.Options);
    }

    private static IResult Validate(HttpRequest request, TwitchGrants grants, World world, SandboxOptions options, TimeProvider time)
    {
        string header = request.Headers.Authorization.ToString();
        string? token = header.StartsWith(OAuth, StringComparison.OrdinalIgnoreCase) ? header[OAuth.Length..] : BearerToken.Read(request);
        return grants.Find(token) is { } grant && world.Find(grant.UserId) is { } user
            ? TypedResults.Json(
                new { options.ClientId, Login = user.Slug, Scopes = grant.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries), UserId = $"{grant.UserId}", ExpiresIn = (int)(grant.AccessExpiresAt - time.GetUtcNow()).TotalSeconds },
                KickJson.Options)
            : TypedResults.Json(new { Status = 401, Message = "invalid access token" }, KickJson.Options, statusCode: 401);
    }

    private static async Task<IResult> RevokeAsync(HttpRequest request, TwitchGrants grants, CancellationToken ct)
    {
        var form = await request.ReadFormAsync(ct);
        return grants.Revoke(form["token"].ToString()) ? TypedResults.Ok() : Refuse(400, "Invalid token");
    }

    private static IResult Users(HttpRequest request, TwitchGrants grants, World world, SandboxOptions options) =>
        request.Headers["Client-Id"] == options.ClientId && grants.Find(BearerToken.Read(request)) is { } grant && world.Find(grant.UserId) is { } user
            ? TypedResults.Json(
                new { Data = new[] { new { Id = $"{user.Id}", Login = user.Slug, DisplayName = user.Name, ProfileImageUrl = new PictureAddresses(request).OfUser(user) } } }, KickJson.Options)
            : TypedResults.Json(new { Error = "Unauthorized", Status = 401, Message = "Invalid OAuth token" }, KickJson.Options, statusCode: 401);

    private static JsonHttpResult<Refusal> Refuse(int status, string message) =>
        TypedResults.Json(new Refusal(status == 400 ? "Bad Request" : "Forbidden", status, message), KickJson.Options, statusCode: status);

    private sealed record Refusal(string Error, int Status, string Message);
}
