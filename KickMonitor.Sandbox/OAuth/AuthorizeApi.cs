using Microsoft.AspNetCore.WebUtilities;

namespace KickMonitor.Sandbox;

/// <summary>The part of id.kick.com that people see.</summary>
internal static class AuthorizeApi
{
    public static void MapAuthorize(this IEndpointRouteBuilder app)
    {
        app.MapGet("/oauth/authorize", Show).InGroup(EndpointGroup.Authorize, limited: false);
        app.MapPost("/oauth/authorize", AnswerAsync).InGroup(EndpointGroup.Authorize, limited: false);
    }

    private static IResult Show(HttpRequest request, World world, SandboxOptions options)
    {
        var query = QueryHelpers.ParseQuery(Rewritten(request.QueryString.Value ?? ""));
        return Authorization.Read(query, options, wantsChallenge: true) is { } carried
            ? ConsentPage.Show(request, world, "Kick", "/oauth/authorize", carried)
            : TypedResults.Text(OAuthErrors.InvalidRequest, "application/json", statusCode: 400);
    }

    private static async Task<IResult> AnswerAsync(HttpRequest request, World world, KickGrants grants, SandboxOptions options, CancellationToken ct) =>
        Authorization.Answer(await request.ReadFormAsync(ct), world, grants, options, namesScope: false);

    /// <summary>Kick's login page turns the first 127.0.0.1 of its address into localhost.</summary>
    private static string Rewritten(string query)
    {
        const string loopback = "127.0.0.1";
        int at = query.IndexOf(loopback, StringComparison.Ordinal);
        return at < 0 ? query : string.Concat(query.AsSpan(0, at), "localhost", query.AsSpan(at + loopback.Length));
    }
}
