using System.CommandLine;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Web.Cli;

internal static class LinkVerbs
{
    private static readonly Option<string?> OnlyOf = new("--user") { Description = "Only this person's" };
    private static readonly Argument<string> Link = new("link") { Description = "Its id, or PROVIDER:ACCOUNT as the list shows them" };

    public static Command Create(Verb verb) => Verb.Group(
        "links", "Accounts at Kick and elsewhere that people have linked; never a token",
        verb.Create("list", "All, those that need somebody first", ListAsync, OnlyOf),
        verb.Create("refresh", "Renew one's tokens now", RefreshAsync, Link),
        verb.Create("revoke", "Unlink one and tell the provider", RevokeAsync, Link));

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var owner = call.Value(OnlyOf) is { } email ? await UserVerbs.FindAsync(host.Get<People>(), email, call.Ct) : null;
        var links = (await host.Get<Links>().AllAsync(call.Ct)).FindAll(l => owner is null || l.Link.UserId == owner.Id).ConvertAll(l => LinkView.Of(l.Link, l.Email));
        if (call.Output.IsJson)
        {
            call.Output.List(links);
            return;
        }

        call.Output.Table(
            ["Account", "Name", "User", "State", "Refreshed", "Next refresh", "Problem"],
            links.Select(l => new[] { $"{l.Provider}:{l.ExternalId}", l.ExternalName, l.User, l.State, Plain.Time(l.RefreshedAt), Plain.Time(l.RefreshAt), l.LastError }));
    }

    private static async Task RefreshAsync(Invocation call)
    {
        await using var host = await call.OpenAsync(withKeys: true);
        var (link, email) = await FindAsync(host, call);
        var outcome = await host.Get<TokenVault>().RefreshNowAsync(link.Id, call.Ct);
        bool isLate = await AreInHandAsync(host.Get<TokensInHand>(), link.Id, call.Ct);
        switch (outcome)
        {
            case UserToken.Unavailable when isLate:
                throw new CliFailure(ExitCode.DatabaseUnavailable, $"The database did not take the new tokens of {link.Provider}:{link.ExternalId}.", "Its owner may have to link it again on Settings → Linked accounts.");
            case UserToken.SignInAgain dead:
                throw new CliFailure(ExitCode.Refused, $"{link.Provider}:{link.ExternalId} is dead: {dead.Reason}.", "Its owner has to link it again on Settings → Linked accounts.");
            case UserToken.NotLinked:
                throw new CliFailure(ExitCode.Refused, "There is no such link.");
        }

        var view = LinkView.Of(await host.Get<Links>().FindAsync(link.Id, call.Ct) ?? link, email);
        if (view.LastError is not null)
        {
            throw new CliFailure(ExitCode.KickUnavailable, $"{link.Provider}:{link.ExternalId} was not refreshed: {view.LastError}.", "It is tried again by itself.");
        }

        if (call.Output.IsJson)
        {
            call.Output.Json(view);
        }
        else
        {
            call.Output.Line($"Refreshed {view.Provider}:{view.ExternalId} ({view.ExternalName}); the next refresh is at {Plain.Time(view.RefreshAt)}.");
        }
    }

    /// <summary>New tokens that the database has not taken yet live in this process, which therefore waits a minute before it ends.</summary>
    /// <returns>Whether it waited in vain.</returns>
    private static async Task<bool> AreInHandAsync(TokensInHand tokens, Guid link, CancellationToken ct)
    {
        for (int seconds = 0; tokens.Has(link) && seconds < 60; seconds++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }

        return tokens.Has(link);
    }

    private static async Task RevokeAsync(Invocation call)
    {
        await using var host = await call.OpenAsync(withKeys: true);
        var (link, email) = await FindAsync(host, call);
        await host.Get<Links>().UnlinkAsync(link.Id, owner: null, by: null, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { revoked = link.Id });
        }
        else
        {
            call.Output.Line($"Unlinked {link.Provider}:{link.ExternalId} ({link.ExternalName}) from {email}.");
        }
    }

    private static async Task<(AccountLink Link, string Email)> FindAsync(CliHost host, Invocation call)
    {
        string text = call.Value(Link);
        return (await host.Get<Links>().AllAsync(call.Ct)).Find(l => Guid.TryParse(text, out var id) ? l.Link.Id == id : text == $"{l.Link.Provider}:{l.Link.ExternalId}") is { Link: not null } found
            ? found
            : throw new CliFailure(ExitCode.Refused, "There is no such link.", "List them with: kickmonitor links list");
    }

    private sealed record LinkView(
        Guid Id, string User, string Provider, string ExternalId, string? ExternalName, string State, IReadOnlyList<string> Scopes, DateTimeOffset LinkedAt, DateTimeOffset RefreshedAt,
        DateTimeOffset? RefreshAt, int Failures, string? LastError, DateTimeOffset? LastErrorAt)
    {
        public static LinkView Of(AccountLink l, string email) => new(
            l.Id, email, l.Provider, l.ExternalId, l.ExternalName, SnakeCase<LinkState>.Of(l.State), l.GrantedScopes, l.LinkedAt, l.RefreshedAt,
            l.State == LinkState.SignInAgain ? null : l.RefreshAt, l.Failures, l.LastError, l.LastErrorAt);
    }
}
