using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Declarations;

/// <summary>Something that is not yet as the file says.</summary>
/// <param name="Kind">streamer, group, user, assignment or setting.</param>
/// <param name="Change">What has to be done, in words.</param>
public sealed record Difference(string Kind, string Name, string Change);

/// <param name="Code">Of the one-time link by which a new person chooses a password; it is told once.</param>
/// <param name="Problem">Why it was not done; null if it was.</param>
public sealed record Applied(Difference Difference, string? Code, string? Problem);

/// <summary>Compares a file with how things are, and makes them so. Applying it again changes nothing.</summary>
public sealed class Declarations(
    IDbContextFactory<KickMonitorDb> databases, StreamerDirectory directory, Groups groups, People people, Assignments assignments, EntryLinks links, SettingStore settings, SettingCatalog catalog)
{
    /// <exception cref="DeclarationException">Something in the file contradicts itself or is not known.</exception>
    public async Task<IReadOnlyList<Difference>> CompareAsync(Declaration wanted, CancellationToken ct) =>
        [.. (await PlanAsync(wanted, ct)).Select(s => s.Difference)];

    /// <summary>One step after the other; one that fails leaves those before it done, and the file can be applied again.</summary>
    /// <inheritdoc cref="CompareAsync"/>
    public async IAsyncEnumerable<Applied> ApplyAsync(Declaration wanted, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var plan = await PlanAsync(wanted, ct);
        var add = plan.Where(s => s.Difference.Kind == "streamer").ToList();
        int next = 0;
        await foreach (var outcome in directory.AddAsync(add.ConvertAll(s => s.Difference.Name), CallPriority.Usual, ct))
        {
            yield return new Applied(add[next++].Difference, null, outcome switch
            {
                AddStreamer.Added or AddStreamer.AlreadyWatched => null,
                AddStreamer.NoSuchChannel => "Kick knows no such channel.",
                AddStreamer.KickFailed failed => $"Kick could not be asked: {failed.Failure}",
                _ => "That is no name of a channel.",
            });
        }

        foreach (var step in plan.Where(s => s.Act is not null))
        {
            var (code, problem) = await step.Act!(ct);
            yield return new Applied(step.Difference, code, problem);
        }
    }

    /// <summary>How things are now. Secrets are left out.</summary>
    public async Task<Declaration> ExportAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var slugs = await db.Streamers.Where(s => s.RemovedAt == null).ToDictionaryAsync(s => s.BroadcasterUserId, s => s.Slug, ct);
        await groups.ReadAsync(ct);
        var users = new List<DeclaredUser>();
        foreach (var user in await db.Users.AsNoTracking().OrderBy(u => u.NormalizedEmail).ToListAsync(ct))
        {
            users.Add(new DeclaredUser
            {
                Email = user.Email!,
                Name = user.DisplayName,
                Role = SnakeCase<Role>.Of(user.Role),
                Sees =
                [
                    .. (await assignments.GroupsOfUserAsync(user.Id, ct)).Select(g => new DeclaredSight { Group = g.Name, Rights = RightsOf(g.Grant) }),
                    .. (await assignments.OfUserAsync(user.Id, ct)).OrderBy(a => a.Slug, StringComparer.Ordinal).Select(a => new DeclaredSight { Streamer = a.Slug, Rights = RightsOf(a.Grant) }),
                ],
            });
        }

        return new Declaration
        {
            Streamers = [.. slugs.Values.Order(StringComparer.Ordinal)],
            Groups =
            [
                .. groups.All.Where(g => g.OwnerId is null).OrderBy(g => g.Name, StringComparer.Ordinal).Select(g => new DeclaredGroup
                {
                    Name = g.Name,
                    Public = g.IsPublic,
                    Streamers = [.. g.Members.Select(m => slugs.GetValueOrDefault(m)).OfType<string>().Order(StringComparer.Ordinal)],
                }),
            ],
            Users = users,
            Settings = (await settings.ListAsync(ct)).Where(s => s is { IsStored: true, FixedBy: null, Value: not null }).ToDictionary(s => s.Definition.Key, s => s.Value!),
        };
    }

    private async Task<List<Step>> PlanAsync(Declaration wanted, CancellationToken ct)
    {
        Check(wanted);
        await using var db = await databases.CreateDbContextAsync(ct);
        var watched = await db.Streamers.Where(s => s.RemovedAt == null).ToDictionaryAsync(s => s.Slug, s => s.BroadcasterUserId, StringComparer.OrdinalIgnoreCase, ct);
        await groups.ReadAsync(ct);
        var steps = wanted.Streamers.Select(s => Slug.Parse(s)!).Distinct(StringComparer.Ordinal).Where(s => !watched.ContainsKey(s))
            .Select(s => new Step(new Difference("streamer", s, "watch"), null)).ToList();
        steps.AddRange(wanted.Groups.Select(g => GroupStep(g, watched)).OfType<Step>());
        var known = await db.Users.AsNoTracking().ToDictionaryAsync(u => u.NormalizedEmail!, StringComparer.Ordinal, ct);
        foreach (var user in wanted.Users)
        {
            var there = known.GetValueOrDefault(user.Email.Trim().ToUpperInvariant());
            steps.AddRange(UserSteps(user, there));
            var sees = there is null ? [] : await SightsAsync(there.Id, ct);
            steps.AddRange(user.Sees.Where(s => sees.GetValueOrDefault(Key(s)) is not { } has || has != GrantOf(s)).Select(s => SightStep(user, s)));
        }

        foreach (var (key, value) in wanted.Settings)
        {
            var state = (await settings.FindAsync(key, ct))!;
            if (state.Value != value.Trim())
            {
                steps.Add(new Step(new Difference("setting", state.Definition.Key, $"{state.Value ?? "nothing"} → {value.Trim()}"), async token => await settings.SetAsync(key, value, null, token) switch
                {
                    ChangeSetting.Done => (null, null),
                    ChangeSetting.Refused refused => (null, refused.Reason),
                    ChangeSetting.Fixed fix => (null, $"It is said by the {fix.By}, which wins."),
                    _ => (null, "It was not changed."),
                }));
            }
        }

        return steps;
    }

    private void Check(Declaration wanted)
    {
        var mistakes = new List<string>();
        mistakes.AddRange(wanted.Streamers.Concat(wanted.Groups.SelectMany(g => g.Streamers)).Where(s => Slug.Parse(s) is null).Select(s => $"{s} is no name of a channel."));
        mistakes.AddRange(wanted.Groups.Where(g => StreamerGroup.ParseName(g.Name) != g.Name).Select(g => $"\"{g.Name}\" is no name of a group."));
        mistakes.AddRange(wanted.Groups.GroupBy(g => g.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"The group {g.Key} is there twice."));
        mistakes.AddRange(wanted.Users.GroupBy(u => u.Email.Trim().ToUpperInvariant(), StringComparer.Ordinal).Where(u => u.Count() > 1).Select(u => $"The user {u.First().Email} is there twice."));
        mistakes.AddRange(wanted.Users.Where(u => u.Role is not null && !SnakeCase<Role>.TryParse(u.Role, out _)).Select(u => $"{u.Email}: a role is viewer, user or admin, not {u.Role}."));
        var sights = wanted.Users.SelectMany(u => u.Sees.Select(s => (u.Email, Sight: s))).ToList();
        mistakes.AddRange(sights.Where(s => s.Sight.Streamer is null == s.Sight.Group is null).Select(s => $"{s.Email}: each thing that somebody sees is either a streamer or a group."));
        mistakes.AddRange(sights.SelectMany(s => s.Sight.Rights.Where(r => r is not ("events" or "chat")).Select(r => $"{s.Email}: a right is events or chat, not {r}.")));
        mistakes.AddRange(wanted.Settings.Where(s => catalog.Find(s.Key) is null).Select(s => $"There is no setting {s.Key}."));
        mistakes.AddRange(wanted.Settings.Where(s => catalog.Find(s.Key) is { IsSecret: true }).Select(s => $"{s.Key} is secret, and has no place in a file. Set it with: config set {s.Key} -"));
        mistakes.AddRange(wanted.Settings.Select(s => catalog.Find(s.Key) is { IsSecret: false } d ? d.Mistake(s.Value.Trim()) : null).OfType<string>());
        if (mistakes.Count > 0)
        {
            throw new DeclarationException(string.Join(' ', mistakes.Take(20)));
        }
    }

    private Step? GroupStep(DeclaredGroup group, Dictionary<string, long> watched)
    {
        var slugs = group.Streamers.Select(s => Slug.Parse(s)!).Distinct(StringComparer.Ordinal).ToList();
        var now = groups.Find(null, group.Name);
        if (now is not null && now.IsPublic == group.Public && now.Members.SetEquals(slugs.Select(s => watched.GetValueOrDefault(s))))
        {
            return null;
        }

        return new Step(new Difference("group", group.Name, now is null ? $"create with {slugs.Count} streamers" : $"change to {slugs.Count} streamers{(group.Public ? ", public" : string.Empty)}"), async ct =>
        {
            var ids = new List<long>();
            var missing = new List<string>();
            foreach (string slug in slugs)
            {
                if (await directory.FindAsync(slug, ct) is { } streamer)
                {
                    ids.Add(streamer.BroadcasterUserId);
                }
                else
                {
                    missing.Add(slug);
                }
            }

            return !await groups.SaveAsync(null, group.Name, group.Public, ids, ct) ? (null, "There are too many groups.")
                : missing.Count > 0 ? (null, $"Not watched, and so left out: {string.Join(", ", missing)}.")
                : (null, null);
        });
    }

    private IEnumerable<Step> UserSteps(DeclaredUser user, User? there)
    {
        var role = SnakeCase<Role>.TryParse(user.Role ?? string.Empty, out var said) ? said : there?.Role ?? Role.Viewer;
        if (there is null)
        {
            yield return new Step(new Difference("user", user.Email, $"invite as {SnakeCase<Role>.Of(role)}"), async ct => await people.InviteAsync(user.Email, role, user.Name, ct) switch
            {
                CreateUser.Created created => (await links.CreateAsync(created.User.Id, ct), null),
                CreateUser.Refused refused => (null, refused.Reason),
                _ => (null, null),
            });
            yield break;
        }

        if (there.Role != role || (user.Name is not null && user.Name != there.DisplayName))
        {
            string change = string.Join(", ", new[] { there.Role != role ? $"{SnakeCase<Role>.Of(there.Role)} → {SnakeCase<Role>.Of(role)}" : null, user.Name is not null && user.Name != there.DisplayName ? $"name {user.Name}" : null }.OfType<string>());
            yield return new Step(new Difference("user", user.Email, change), async ct => await people.ChangeAsync(there.Id, u => (u.Role, u.DisplayName) = (role, user.Name ?? u.DisplayName), ct) switch
            {
                ChangeUser.Done => (null, null),
                ChangeUser.LastAdmin => (null, "That is the last Admin."),
                _ => (null, "There is no such user."),
            });
        }
    }

    private Step SightStep(DeclaredUser user, DeclaredSight sight) => new(
        new Difference("assignment", user.Email, $"sees {sight.Streamer ?? $"the group {sight.Group}"}{(sight.Rights.Count > 0 ? $", manages {string.Join(" and ", sight.Rights)}" : string.Empty)}"),
        async ct =>
        {
            if (await people.FindAsync(user.Email, ct) is not { } person)
            {
                return (null, "There is no such user.");
            }

            int done = sight.Group is { } group
                ? groups.Find(null, group) is { } found ? await assignments.AssignGroupAsync([person.Id], found.Id, GrantOf(sight), ct) : 0
                : await directory.FindAsync(sight.Streamer!, ct) is { } streamer ? await assignments.AssignAsync([person.Id], [streamer.BroadcasterUserId], GrantOf(sight), ct) : 0;
            return (null, done > 0 ? null : $"{sight.Streamer ?? sight.Group} is not there.");
        });

    private async Task<Dictionary<string, Grant>> SightsAsync(Guid user, CancellationToken ct)
    {
        var sees = (await assignments.OfUserAsync(user, ct)).ToDictionary(a => "streamer " + a.Slug, a => a.Grant, StringComparer.OrdinalIgnoreCase);
        foreach (var group in await assignments.GroupsOfUserAsync(user, ct))
        {
            sees["group " + group.Name] = group.Grant;
        }

        return sees;
    }

    private static string Key(DeclaredSight sight) => sight.Group is { } group ? "group " + group : "streamer " + Slug.Parse(sight.Streamer!);

    private static Grant GrantOf(DeclaredSight sight) => new(sight.Rights.Contains("events"), sight.Rights.Contains("chat"));

    private static List<string> RightsOf(Grant grant) => [.. new[] { grant.ManagesEvents ? "events" : null, grant.ManagesChat ? "chat" : null }.OfType<string>()];

    private sealed record Step(Difference Difference, Func<CancellationToken, Task<(string? Code, string? Problem)>>? Act);
}

public static class DeclarationServices
{
    public static IServiceCollection AddDeclarations(this IServiceCollection services) => services.AddSingleton<Declarations>();
}
