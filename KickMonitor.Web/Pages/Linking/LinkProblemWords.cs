using KickMonitor.Domain.Linking;

namespace KickMonitor.Web.Pages.Linking;

/// <param name="What">What happened.</param>
/// <param name="Todo">What the person can do.</param>
public sealed record LinkProblemWords(string What, string Todo)
{
    private const string Again = "Press “Link” again on the page of linked accounts.";

    public static LinkProblemWords Of(LinkProblem? problem, string title) => problem switch
    {
        LinkProblem.Denied => new($"You cancelled at {title}, so nothing was linked.", "If that was a mistake, press “Link” again."),
        LinkProblem.Expired => new("More than ten minutes passed between pressing “Link” and coming back.", Again),
        LinkProblem.Unknown => new("This way back was used already, or did not begin here.", Again + " Bookmarks and the back button do not work for this."),
        LinkProblem.OtherBrowser => new("You came back in another browser than the one in which you pressed “Link”.", "Begin and finish in the same browser. If you did not begin at all, somebody may have sent you their link: close this page."),
        LinkProblem.OtherPerson => new("Whoever pressed “Link” is not who is signed in now.", "Sign in, and press “Link” again."),
        LinkProblem.OtherProvider => new($"The answer did not come from {title}, though it said so.", Again + " If it happens again, tell your Admin."),
        LinkProblem.ProviderError => new($"{title} reported a problem instead of asking you.", "Try again in a few minutes."),
        LinkProblem.CodeRefused => new($"{title} did not accept its own approval, most likely because it was too old.", Again),
        LinkProblem.Unavailable => new($"{title} did not answer in time. Your approval was not lost by you; it just has to be given once more.", "Try again in a few minutes."),
        LinkProblem.Misconfigured => new($"This installation is not set up for {title}, or {title} does not accept its credentials.", "Tell your Admin: the client id, the client secret and the redirect address registered there must match."),
        LinkProblem.NoIdentity => new($"{title} approved, but did not say whose account it is.", "Try again, and leave every permission ticked."),
        LinkProblem.Taken => new($"That {title} account is linked to somebody else here. An account belongs to one person.", "If it is yours, ask an Admin to move it, or unlink it where it is linked now."),
        LinkProblem.OtherAccount => new($"You have another {title} account linked.", "Unlink that one first. If you meant the same account, sign in to it at the provider before you press “Link”."),
        LinkProblem.TooMany => new("That was tried too often within a minute.", "Wait a minute."),
        LinkProblem.SignInFirst => new("Admins link accounts within an hour after signing in, and you signed in earlier.", "Sign out, sign in, and press “Link” again."),
        _ => new("Something about the way back was not in order.", Again),
    };
}
