using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Serialization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;

namespace KickMonitor.Web.Cli;

internal static class UserVerbs
{
    private static readonly Argument<string> Email = new("email") { Description = "The e-mail address they sign in with" };
    private static readonly Argument<Role> NewRole = new("role") { Description = "viewer, user or admin", CustomParser = ReadRole };
    private static readonly Argument<string[]> Slugs = new("slug") { Description = "Streamers that are watched", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> EmailOption = new("--email") { Description = Email.Description, Required = true };
    private static readonly Option<Role> RoleOption = new("--role") { Description = NewRole.Description, Required = true, CustomParser = ReadRole };
    private static readonly Option<string?> Password = new("--password") { Description = "Without it one is generated and printed, to be changed at the first sign-in" };
    private static readonly Option<string?> Name = new("--name") { Description = "What others see" };
    private static readonly Option<bool> Invite = new("--invite") { Description = "No password: print a one-time link by which they choose one" };
    private static readonly Option<bool> Send = new("--send") { Description = "Also send the link by e-mail" };
    private static readonly Option<bool> Temporary = new("--temporary") { Description = "Print a temporary password in place of a one-time link" };
    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };
    private static readonly Option<string?> Search = new("--search") { Description = "Only those whose address or name contains this" };
    public static readonly Option<bool> Events = new("--events") { Description = "They may also act on the events" };
    public static readonly Option<bool> Chat = new("--chat") { Description = "They may also change what the chat does" };

    public static Command Create(Verb verb) => Verb.Group(
        "users", "Who can sign in, and what they may see",
        [
        verb.Create("list", "Everybody", ListAsync, Search),
        verb.Create("create", "Let somebody in", CreateAsync, EmailOption, RoleOption, Password, Name, Invite, Send),
        verb.Create("set-role", "Change what somebody may do", call => ChangeAsync(call, (p, u) => p.SetRoleAsync(u.Id, call.Value(NewRole), call.Ct)), Email, NewRole),
        verb.Create("reset-password", "Print a one-time link by which somebody chooses a new password", ResetAsync, Email, Temporary, Send),
        verb.Create("disable", "Shut somebody out, at once", call => ChangeAsync(call, (p, u) => p.DisableAsync(u.Id, call.Ct)), Email),
        verb.Create("enable", "Let somebody in again", call => ChangeAsync(call, (p, u) => p.EnableAsync(u.Id, call.Ct)), Email),
        verb.Create("sign-out", "End all sessions of somebody", SignOutAsync, Email),
        verb.Create("delete", "End an account with its tokens, links and assignments, for good", DeleteAsync, Email, Yes),
        verb.Create("assign", "Show streamers to somebody", call => AssignAsync(call, "assigned", "not watched", (a, u, id) => GiveAsync(call, a, u, id)), Email, Slugs, Events, Chat),
        verb.Create("unassign", "Show them no longer", call => AssignAsync(call, "unassigned", "was not assigned", (a, u, id) => a.UnassignAsync(u, id, call.Ct)), Email, Slugs),
        .. GroupVerbs.OfUsers(verb),
        ]);

    public static async Task<User> FindAsync(People people, string email, CancellationToken ct) =>
        await people.FindAsync(email, ct) ?? throw new CliFailure(ExitCode.Refused, $"There is no user {email}.", "List them with: kickmonitor users list");

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var (rows, _) = await host.Get<PeopleList>().ReadAsync(new PeopleQuery(call.Value(Search), Limit: int.MaxValue), call.Ct);
        var users = rows.ConvertAll(UserView.Of);
        if (call.Output.IsJson)
        {
            call.Output.List(users);
            return;
        }

        call.Output.Table(
            ["E-mail", "Name", "Role", "State", "Two-factor", "Last sign-in"],
            users.Select(u => new[]
            {
                u.Email, u.DisplayName, SnakeCase<Role>.Of(u.Role), u.Disabled ? "disabled" : "enabled", u.TwoFactor ? "yes" : "no", Plain.Time(u.LastSignInAt),
            }));
    }

    private static async Task CreateAsync(Invocation call)
    {
        if (call.Value(Invite) && call.Value(Password) is not null)
        {
            throw new CliFailure(ExitCode.Usage, "Who is invited chooses a password.", "Leave out --password or --invite.");
        }

        if (call.Value(Send) && !call.Value(Invite))
        {
            throw new CliFailure(ExitCode.Usage, "Only the link of an invitation is sent.", "Add --invite.");
        }

        await using var host = await OpenAsync(call);
        var people = host.Get<People>();
        var (email, role, name) = (call.Value(EmailOption)!, call.Value(RoleOption), call.Value(Name));
        switch (call.Value(Invite) ? await people.InviteAsync(email, role, name, call.Ct) : await people.CreateAsync(email, role, call.Value(Password), call.Ct, name))
        {
            case CreateUser.AlreadyThere there:
                throw new CliFailure(ExitCode.Refused, $"There is a user {there.Email} already.");
            case CreateUser.Refused refused:
                throw new CliFailure(ExitCode.Refused, refused.Reason);
            case CreateUser.Created created when call.Output.IsJson:
                string? link = call.Value(Invite) ? await LinkAsync(host, created.User, call.Ct) : null;
                call.Output.Json(UserView.Of(created.User) with { GeneratedPassword = created.GeneratedPassword, EntryLink = link });
                await SendAsync(call, host, created.User, link);
                break;
            case CreateUser.Created created:
                call.Output.Line($"Created {created.User.Email} ({SnakeCase<Role>.Of(created.User.Role)}).");
                if (created.GeneratedPassword is { } password)
                {
                    call.Output.Line($"Password: {password}");
                }

                if (call.Value(Invite))
                {
                    string printed = await LinkAsync(host, created.User, call.Ct);
                    call.Output.Line(printed);
                    await SendAsync(call, host, created.User, printed);
                }

                break;
        }
    }

    private static async Task ChangeAsync(Invocation call, Func<People, User, Task<ChangeUser>> change)
    {
        await using var host = await call.OpenAsync();
        var people = host.Get<People>();
        var user = await FindAsync(people, call.Value(Email), call.Ct);
        if (await change(people, user) == ChangeUser.LastAdmin)
        {
            throw new CliFailure(ExitCode.Refused, $"{user.Email} is the last Admin.", "Make somebody else an Admin first.");
        }

        var changed = UserView.Of(await FindAsync(people, call.Value(Email), call.Ct));
        if (call.Output.IsJson)
        {
            call.Output.Json(changed);
        }
        else
        {
            call.Output.Line($"{changed.Email} is {SnakeCase<Role>.Of(changed.Role)}{(changed.Disabled ? ", disabled" : string.Empty)}.");
        }
    }

    private static async Task AssignAsync(Invocation call, string done, string reason, Func<Assignments, Guid, long, Task<bool>> change)
    {
        await using var host = await call.OpenAsync();
        var user = await FindAsync(host.Get<People>(), call.Value(Email), call.Ct);
        var changed = new List<string>();
        var refused = new List<Refusal>();
        foreach (string text in call.Value(Slugs).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (await StreamerVerbs.FindAsync(host.Get<StreamerDirectory>(), text, call.Ct) is not { } streamer)
            {
                refused.Add(Refusal.NotWatched(text));
            }
            else if (await change(host.Get<Assignments>(), user.Id, streamer.BroadcasterUserId))
            {
                changed.Add(streamer.Slug);
            }
            else
            {
                refused.Add(new Refusal(text, reason));
            }
        }

        if (call.Output.IsJson)
        {
            call.Output.Json(new Dictionary<string, object?>(StringComparer.Ordinal) { ["email"] = user.Email, [done] = changed, ["refused"] = refused });
        }

        foreach (string slug in call.Output.IsJson ? [] : changed)
        {
            call.Output.Line($"{slug} is {done}.");
        }

        Refusal.ThrowIfAny(refused, changed.Count + refused.Count);
    }

    private static async Task<bool> GiveAsync(Invocation call, Assignments assignments, Guid user, long streamer)
    {
        var grant = call.Value(Events) || call.Value(Chat) ? new Grant(call.Value(Events), call.Value(Chat)) : null;
        return await assignments.AssignAsync([user], [streamer], grant, call.Ct) > 0;
    }

    private static async Task ResetAsync(Invocation call)
    {
        bool isTemporary = call.Value(Temporary);
        if (isTemporary && call.Value(Send))
        {
            throw new CliFailure(ExitCode.Usage, "Passwords are not sent, only links.", "Leave out --temporary or --send.");
        }

        await using var host = await OpenAsync(call);
        var user = await FindAsync(host.Get<People>(), call.Value(Email), call.Ct);
        string answer = isTemporary
            ? await host.Get<EntryLinks>().SetTemporaryPasswordAsync(user.Id, call.Ct) ?? throw new CliFailure(ExitCode.Refused, $"There is no user {user.Email}.")
            : await LinkAsync(host, user, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new Dictionary<string, object?>(StringComparer.Ordinal) { ["email"] = user.Email, [isTemporary ? "password" : "link"] = answer });
        }
        else
        {
            call.Output.Line(answer);
        }

        await SendAsync(call, host, user, answer);
    }

    /// <summary>Whoever wants a link sent learns that nothing can be sent before anything is done.</summary>
    private static async Task<CliHost> OpenAsync(Invocation call)
    {
        var host = await call.OpenAsync();
        if (!call.Value(Send) || host.Get<Mail>().IsConfigured)
        {
            return host;
        }

        await host.DisposeAsync();
        throw new CliFailure(ExitCode.Refused, Mail.NotConfigured);
    }

    private static async Task SendAsync(Invocation call, CliHost host, User user, string? link)
    {
        if (call.Value(Send) && link is not null && await host.Get<Mail>().SendLinkAsync(user.Email!, link, call.Ct) is { } problem)
        {
            throw new CliFailure(ExitCode.Refused, $"The link was not sent: {problem}", "It works; hand it over yourself.");
        }
    }

    private static async Task<string> LinkAsync(CliHost host, User user, CancellationToken ct) =>
        await host.Get<EntryLinks>().CreateAsync(user.Id, ct) is { } code
            ? (host.Setting("PublicUrl") is { Length: > 0 } address ? address : PublicAddress.Fallback).TrimEnd('/') + EntryLinks.Path + code
            : throw new CliFailure(ExitCode.Refused, $"There is no user {user.Email}.");

    private static async Task SignOutAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var user = await FindAsync(host.Get<People>(), call.Value(Email), call.Ct);
        await host.Get<EntryLinks>().SignOutEverywhereAsync(user, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { signedOut = user.Email });
        }
        else
        {
            call.Output.Line($"{user.Email} is signed out everywhere, and their API tokens and passkeys have ended.");
        }
    }

    private static async Task DeleteAsync(Invocation call)
    {
        bool isSure = call.Value(Yes);
        if (!isSure && !call.Terminal.IsErrorTerminal)
        {
            throw new CliFailure(ExitCode.Usage, "Nobody can be asked here.", "Say --yes.");
        }

        // Ended links are told to their providers, and that takes the keys under which tokens are stored.
        await using var host = await call.OpenAsync(withKeys: true);
        var user = await FindAsync(host.Get<People>(), call.Value(Email), call.Ct);
        if (!isSure)
        {
            await call.Terminal.Error.WriteAsync($"{user.Email}, their tokens, linked accounts and assignments end for good. Type the address to go on: ");
            if (await call.Terminal.In.ReadLineAsync(call.Ct) != user.Email)
            {
                throw new CliFailure(ExitCode.Refused, "That is another address; nobody was deleted.");
            }
        }

        if (await host.Get<Departure>().LeaveAsync(user.Id, call.Ct) == ChangeUser.LastAdmin)
        {
            throw new CliFailure(ExitCode.Refused, $"{user.Email} is the last Admin.", "Make somebody else an Admin first.");
        }

        if (call.Output.IsJson)
        {
            call.Output.Json(new { deleted = user.Email });
        }
        else
        {
            call.Output.Line($"Deleted {user.Email}.");
        }
    }

    private static Role ReadRole(ArgumentResult result)
    {
        if (!SnakeCase<Role>.TryParse(result.Tokens[0].Value.ToLowerInvariant(), out var role))
        {
            result.AddError("A role is viewer, user or admin.");
        }

        return role;
    }

    /// <summary>A user as the API says it.</summary>
    private sealed record UserView(Guid Id, string? Email, string? DisplayName, Role Role, bool Disabled, bool TwoFactor, DateTimeOffset? LastSignInAt)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? GeneratedPassword { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? EntryLink { get; init; }

        public static UserView Of(User u) => new(u.Id, u.Email, u.DisplayName, u.Role, u.IsDisabled, u.TwoFactorEnabled, u.LastSignInAt);

        public static UserView Of(PersonRow u) => new(u.Id, u.Email, u.DisplayName, u.Role, u.IsDisabled, u.TwoFactor, u.LastSignInAt);
    }
}
