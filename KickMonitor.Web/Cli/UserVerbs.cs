using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Serialization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Cli;

internal static class UserVerbs
{
    private static readonly Argument<string> Email = new("email") { Description = "The e-mail address they sign in with" };
    private static readonly Argument<Role> NewRole = new("role") { Description = "viewer, user or admin", CustomParser = ReadRole };
    private static readonly Argument<string[]> Slugs = new("slug") { Description = "Streamers that are watched", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> EmailOption = new("--email") { Description = Email.Description, Required = true };
    private static readonly Option<Role> RoleOption = new("--role") { Description = NewRole.Description, Required = true, CustomParser = ReadRole };
    private static readonly Option<string?> Password = new("--password") { Description = "Without it one is generated and printed" };

    public static Command Create(Verb verb) => Verb.Group(
        "users", "Who can sign in, and what they may see",
        verb.Create("list", "Everybody", ListAsync),
        verb.Create("create", "Let somebody in", CreateAsync, EmailOption, RoleOption, Password),
        verb.Create("set-role", "Change what somebody may do", call => ChangeAsync(call, (p, u) => p.SetRoleAsync(u.Id, call.Value(NewRole), call.Ct)), Email, NewRole),
        verb.Create("disable", "Shut somebody out, at once", call => ChangeAsync(call, (p, u) => p.DisableAsync(u.Id, call.Ct)), Email),
        verb.Create("enable", "Let somebody in again", call => ChangeAsync(call, (p, u) => p.EnableAsync(u.Id, call.Ct)), Email),
        verb.Create("assign", "Show streamers to somebody", call => AssignAsync(call, "assigned", "not watched", (p, u, id) => p.AssignAsync(u, id, call.Ct)), Email, Slugs),
        verb.Create("unassign", "Show them no longer", call => AssignAsync(call, "unassigned", "was not assigned", (p, u, id) => p.UnassignAsync(u, id, call.Ct)), Email, Slugs));

    public static async Task<User> FindAsync(People people, string email, CancellationToken ct) =>
        await people.FindAsync(email, ct) ?? throw new CliFailure(ExitCode.Refused, $"There is no user {email}.", "List them with: kickmonitor users list");

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var users = (await host.Get<People>().ListAsync(call.Ct)).ConvertAll(UserView.Of);
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
        await using var host = await call.OpenAsync();
        switch (await host.Get<People>().CreateAsync(call.Value(EmailOption)!, call.Value(RoleOption), call.Value(Password), call.Ct))
        {
            case CreateUser.AlreadyThere there:
                throw new CliFailure(ExitCode.Refused, $"There is a user {there.Email} already.");
            case CreateUser.Refused refused:
                throw new CliFailure(ExitCode.Refused, refused.Reason);
            case CreateUser.Created created when call.Output.IsJson:
                call.Output.Json(UserView.Of(created.User) with { GeneratedPassword = created.GeneratedPassword });
                break;
            case CreateUser.Created created:
                call.Output.Line($"Created {created.User.Email} ({SnakeCase<Role>.Of(created.User.Role)}).");
                if (created.GeneratedPassword is { } password)
                {
                    call.Output.Line($"Password: {password}");
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

    private static async Task AssignAsync(Invocation call, string done, string reason, Func<People, Guid, long, Task<bool>> change)
    {
        await using var host = await call.OpenAsync();
        var people = host.Get<People>();
        var user = await FindAsync(people, call.Value(Email), call.Ct);
        var changed = new List<string>();
        var refused = new List<Refusal>();
        foreach (string text in call.Value(Slugs).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (await StreamerVerbs.FindAsync(host.Get<StreamerDirectory>(), text, call.Ct) is not { } streamer)
            {
                refused.Add(Refusal.NotWatched(text));
            }
            else if (await change(people, user.Id, streamer.BroadcasterUserId))
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

        public static UserView Of(User u) => new(u.Id, u.Email, u.DisplayName, u.Role, u.IsDisabled, u.TwoFactorEnabled, u.LastSignInAt);
    }
}
