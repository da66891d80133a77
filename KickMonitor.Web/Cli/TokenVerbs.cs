using System.CommandLine;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Web.Cli;

internal static class TokenVerbs
{
    private static readonly Option<string> Owner = new("--user") { Description = "The owner's e-mail address; the token has their rights", Required = true };
    private static readonly Option<string> Name = new("--name") { Description = "What it is for", Required = true };
    private static readonly Option<string?> OnlyOf = new("--user") { Description = "Only this person's" };
    private static readonly Argument<string> Token = new("token") { Description = "Its id or its first characters, as the list shows them" };

    public static Command Create(Verb verb) => Verb.Group(
        "tokens", "Keys to the API",
        verb.Create("create", "Make one; it is printed once, alone", CreateAsync, Owner, Name),
        verb.Create("list", "Those that are valid", ListAsync, OnlyOf),
        verb.Create("revoke", "End one, at once", RevokeAsync, Token));

    private static async Task CreateAsync(Invocation call)
    {
        string name = call.Value(Name)!.Trim();
        if (name.Length is 0 or > ApiToken.NameLength || name.Any(char.IsControl))
        {
            throw new CliFailure(ExitCode.Usage, $"A token's name has 1 to {ApiToken.NameLength} characters.");
        }

        await using var host = await call.OpenAsync();
        var user = await UserVerbs.FindAsync(host.Get<People>(), call.Value(Owner)!, call.Ct);
        var (text, token) = await host.Get<ApiTokens>().CreateAsync(user.Id, name, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { token.Id, token.Name, user = user.Email, token.Prefix, token.CreatedAt, token = text });
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
            .ConvertAll(t => new { t.Token.Id, t.Token.Name, user = t.Email, t.Token.Prefix, t.Token.CreatedAt, t.Token.LastUsedAt });
        if (call.Output.IsJson)
        {
            call.Output.List(tokens);
            return;
        }

        call.Output.Table(
            ["Token", "Name", "User", "Created", "Last used", "Id"],
            tokens.Select(t => new[] { t.Prefix, t.Name, t.user, Plain.Time(t.CreatedAt), Plain.Time(t.LastUsedAt), t.Id.ToString() }));
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
            [] => throw new CliFailure(ExitCode.Refused, "There is no such valid token.", "List them with: kickmonitor tokens list"),
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
}
