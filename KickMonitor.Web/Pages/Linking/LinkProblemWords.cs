using KickMonitor.Domain.Linking;

namespace KickMonitor.Web.Pages.Linking;

/// <param name="What">What happened.</param>
/// <param name="Todo">What the person can do.</param>
public sealed record LinkProblemWords(string What, string Todo)
{
    private static string Again => T["Press “Link” again on the page of linked accounts."];

    public static LinkProblemWords Of(LinkProblem? problem, string title) => problem switch
    {
        LinkProblem.Denied => new(T["You cancelled at {0}, so nothing was linked.", title], T["If that was a mistake, press “Link” again."]),
        LinkProblem.Expired => new(T["More than ten minutes passed between pressing “Link” and coming back."], Again),
        LinkProblem.Unknown => new(T["This way back was used already, or did not begin here."], $"{Again} {T["Bookmarks and the back button do not work for this."]}"),
        LinkProblem.OtherBrowser => new(T["You came back in another browser than the one in which you pressed “Link”."], T["Begin and finish in the same browser. If you did not begin at all, somebody may have sent you their link: close this page."]),
        LinkProblem.OtherPerson => new(T["Whoever pressed “Link” is not who is signed in now."], T["Sign in, and press “Link” again."]),
        LinkProblem.OtherProvider => new(T["The answer did not come from {0}, though it said so.", title], $"{Again} {T["If it happens again, tell your Admin."]}"),
        LinkProblem.ProviderError => new(T["{0} reported a problem instead of asking you.", title], T["Try again in a few minutes."]),
        LinkProblem.CodeRefused => new(T["{0} did not accept its own approval, most likely because it was too old.", title], Again),
        LinkProblem.Unavailable => new(T["{0} did not answer in time. It just has to be approved once more.", title], T["Try again in a few minutes."]),
        LinkProblem.Misconfigured => new(T["This installation is not set up for {0}, or {0} does not accept its credentials.", title], T["Tell your Admin: the client id, the client secret and the redirect address registered there must match."]),
        LinkProblem.NoIdentity => new(T["{0} approved, but did not say whose account it is.", title], T["Try again, and leave every permission ticked."]),
        LinkProblem.Taken => new(T["That {0} account is linked to somebody else here. An account belongs to one person.", title], T["If it is yours, ask an Admin to move it, or unlink it where it is linked now."]),
        LinkProblem.OtherAccount => new(T["You have another {0} account linked.", title], T["Unlink that one first. If you meant the same account, sign in to it at the provider before you press “Link”."]),
        LinkProblem.TooMany => new(T["That was tried too often within a minute."], T["Wait a minute."]),
        LinkProblem.SignInFirst => new(T["Admins link accounts within an hour after signing in, and you signed in earlier."], T["Sign out, sign in, and press “Link” again."]),
        _ => new(T["Something about the way back was not in order."], Again),
    };
}
