using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace KickMonitor.Sandbox;

/// <summary>What the app asks of a person, and the way back with the person's answer.</summary>
internal static class Authorization
{
    /// <param name="wantsChallenge">Without PKCE nobody gets in.</param>
    /// <returns>What the consent form carries; null if the request is not in order.</returns>
    public static Dictionary<string, string>? Read(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> query, SandboxOptions options, bool wantsChallenge)
    {
        string? Of(string name) => query.TryGetValue(name, out var values) && values is [{ Length: > 0 } one] ? one : null;
        if (Of("client_id") != options.ClientId || Of("response_type") != "code" || Of("state") is not { } state || Of("redirect_uri") is not { } redirect || !IsRegistered(redirect, options))
        {
            return null;
        }

        string? challenge = Of("code_challenge");
        if (wantsChallenge && (challenge is not { Length: 43 } || challenge.Contains('=', StringComparison.Ordinal) || Of("code_challenge_method") != "S256"))
        {
            return null;
        }

        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["redirect_uri"] = redirect,
            ["state"] = state,
            ["scope"] = Of("scope") ?? "",
            ["code_challenge"] = wantsChallenge ? challenge! : "",
        };
    }

    public static IResult Answer(IFormCollection form, World world, Grants grants, SandboxOptions options, bool namesScope)
    {
        string redirect = form["redirect_uri"].ToString();
        if (!IsRegistered(redirect, options))
        {
            return TypedResults.BadRequest();
        }

        var back = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (form["answer"] == "allow" && long.TryParse(form["account"], CultureInfo.InvariantCulture, out long account) && world.Find(account) is not null)
        {
            back["code"] = grants.IssueCode(account, form["scope"].ToString(), redirect, form["code_challenge"] is [{ Length: > 0 } challenge] ? challenge : null);
        }
        else
        {
            back["error"] = "access_denied";
            back["error_description"] = "The user denied you access";
        }

        if (namesScope)
        {
            back["scope"] = form["scope"].ToString();
        }

        back["state"] = form["state"].ToString();
        return TypedResults.Redirect(QueryHelpers.AddQueryString(redirect, back));
    }

    private static bool IsRegistered(string redirect, SandboxOptions options) => options.RedirectUris.Count > 0
        ? options.RedirectUris.Contains(redirect, StringComparer.Ordinal)
        : Uri.TryCreate(redirect, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Fragment.Length == 0;
}
