using System.CommandLine;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Cli;

/// <summary>Groups of streamers that Admins made for everybody, and who may see whoever is in them.</summary>
internal static class GroupVerbs
{
    private static readonly Argument<string> Name = new("group") { Description = "A group's name: small letters, digits and hyphens" };
    private static readonly Argument<string> NewName = new("name") { Description = "Its name from now on" };
    private static readonly Argument<string[]> Slugs = new("slug") { Description = "Streamers who are watched", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
    private static readonly Argument<string> Email = new("email") { Description = "The e-mail address they sign in with" };
    private static readonly Argument<string[]> Emails = new("email") { Description = Email.Description, Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string[]> Names = new("group") { Description = "Groups for everybody", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<bool> Public = new("--public") { Description = "Everybody on the internet may see who of it is live" };
    private static readonly Option<bool> Hide = new("--hide") { Description = "Nobody on the internet any more" };

    public static Command Create(Verb verb) => Verb.Group(
        "groups", "Groups of streamers, for everybody",
        verb.Create("list", "All groups, who is in them and who was given them", ListAsync),
        verb.Create("create", "Make a group", CreateAsync, Name, Slugs, Public),
        verb.Create("rename", "Give a group another name; whoever was given it keeps it", RenameAsync, Name, NewName),
        verb.Create("publish", "Show a group to the internet, or no longer", PublishAsync, Name, Hide),
        verb.Create("remove", "Delete a group; its streamers stay watched", RemoveAsync, Name),
        verb.Create("assign", "Show people whoever is in a group, now or later", call => AssignAsync(call, call.Value(Emails), [call.Value(Name)], true), Name, Emails, UserVerbs.Events, UserVerbs.Chat),
        verb.Create("unassign", "Show it to them no longer", call => AssignAsync(call, call.Value(Emails), [call.Value(Name)], false), Name, Emails));

    /// <summary>The same from the people's side.</summary>
    public static Command[] OfUsers(Verb verb) =>
    [
        verb.Create("assign-group", "Show somebody whoever is in some groups, now or later", call => AssignAsync(call, [call.Value(Email)], call.Value(Names), true), Email, Names, UserVerbs.Events, UserVerbs.Chat),
        verb.Create("unassign-group", "Show them no longer", call => AssignAsync(call, [call.Value(Email)], call.Value(Names), false), Email, Names),
    ];

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var (groups, board) = (await ReadAsync(host, call.Ct), await StreamerVerbs.BoardAsync(host, call.Ct));
        var rows = new List<GroupListing>();
        foreach (var group in groups.All.Where(g => g.OwnerId is null))
        {
            var people = await host.Get<Assignments>().OfGroupAsync(group.Id, call.Ct);
            rows.Add(new GroupListing(
                group.Name, group.IsPublic, [.. group.Members.Select(id => board.Find(id)?.Slug).OfType<string>().Order(StringComparer.Ordinal)], people.ConvertAll(p => p.Email)));
        }

        if (call.Output.IsJson)
        {
            call.Output.List(rows);
            return;
        }

        call.Output.Table(["Group", "Public", "Streamers", "People"], rows.Select(r => new[] { r.Name, r.Public ? "yes" : "no", Plain.Number(r.Streamers.Count), string.Join(", ", r.Users) }));
    }

    private static async Task CreateAsync(Invocation call)
    {
        string name = StreamerLabelVerbs.GroupName(call.Value(Name));
        await using var host = await call.OpenAsync();
        var groups = await ReadAsync(host, call.Ct);
        var (found, refused) = await StreamerLabelVerbs.FindAsync(host, call.Value(Slugs), call.Ct);
        switch (await groups.CreateAsync(owner: null, name, call.Value(Public), [.. found.Select(s => s.BroadcasterUserId)], call.Ct))
        {
            case ChangeGroup.NameTaken:
                throw new CliFailure(ExitCode.Refused, $"There is a group {name} already.", $"Put streamers into it with: kickmonitor streamers group {name} SLUG");
            case ChangeGroup.TooMany:
                throw new CliFailure(ExitCode.Refused, $"There are {Groups.Most} groups already.");
        }

        call.Output.Say(new { group = name, @public = call.Value(Public), streamers = found.Select(s => s.Slug), refused }, $"Made {name} with {Plain.Number(found.Count)} streamers.");
        Refusal.ThrowIfAny(refused, found.Count + refused.Count);
    }

    private static async Task RenameAsync(Invocation call)
    {
        string name = StreamerLabelVerbs.GroupName(call.Value(NewName));
        await using var host = await call.OpenAsync();
        var groups = await ReadAsync(host, call.Ct);
        var group = Find(groups, call.Value(Name));
        if (await groups.ReviseAsync(group.Id, call.Ct, name) == ChangeGroup.NameTaken)
        {
            throw new CliFailure(ExitCode.Refused, $"There is a group {name} already.");
        }

        call.Output.Say(new { group = name, was = group.Name }, $"{group.Name} is called {name} now.");
    }

    private static async Task PublishAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var groups = await ReadAsync(host, call.Ct);
        var group = Find(groups, call.Value(Name));
        await groups.ReviseAsync(group.Id, call.Ct, isPublic: !call.Value(Hide));
        call.Output.Say(new { group = group.Name, @public = !call.Value(Hide) }, $"{group.Name} is {(call.Value(Hide) ? "hidden" : "public")}.");
    }

    private static async Task RemoveAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var groups = await ReadAsync(host, call.Ct);
        var group = Find(groups, call.Value(Name));
        await groups.RemoveAsync(group.Id, call.Ct);
        call.Output.Say(new { removed = group.Name }, $"Removed {group.Name}.");
    }

    private static async Task AssignAsync(Invocation call, string[] emails, string[] names, bool isGiven)
    {
        await using var host = await call.OpenAsync();
        var groups = await ReadAsync(host, call.Ct);
        var users = new List<User>();
        foreach (string email in emails.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            users.Add(await UserVerbs.FindAsync(host.Get<People>(), email, call.Ct));
        }

        var found = names.Distinct(StringComparer.Ordinal).Select(n => Find(groups, n)).ToList();
        var assignments = host.Get<Assignments>();
        int pairs = 0;
        foreach (var group in found)
        {
            pairs += isGiven
                ? await assignments.AssignGroupAsync(users.ConvertAll(u => u.Id), group.Id, new Grant(call.Value(UserVerbs.Events), call.Value(UserVerbs.Chat)), call.Ct)
                : await assignments.UnassignGroupAsync(users.ConvertAll(u => u.Id), group.Id, call.Ct);
        }

        if (pairs == 0)
        {
            throw new CliFailure(ExitCode.Refused, "It was not assigned.");
        }

        call.Output.Say(
            new { users = users.Select(u => u.Email), groups = found.Select(g => g.Name), assigned = isGiven },
            $"{string.Join(", ", found.Select(g => g.Name))}: {(isGiven ? "assigned to" : "taken from")} {string.Join(", ", users.Select(u => u.Email))}.");
    }

    private static async Task<Groups> ReadAsync(CliHost host, CancellationToken ct)
    {
        var groups = host.Get<Groups>();
        await groups.ReadAsync(ct);
        return groups;
    }

    private static GroupView Find(Groups groups, string name) =>
        groups.Find(owner: null, name) ?? throw new CliFailure(ExitCode.Refused, $"There is no group {name}.", "List them with: kickmonitor groups list");

    private sealed record GroupListing(string Name, bool Public, IReadOnlyList<string> Streamers, IReadOnlyList<string> Users);
}
