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
/// <param name="Problem">Why it will not be done, as far as can be seen before; null if it will.</param>
public sealed record Difference(string Kind, string Name, string Change, string? Problem = null);

/// <param name="Code">Of the one-time link by which a new person chooses a password; it is told once.</param>
/// <param name="Problem">Why it was not done; null if it was.</param>
public sealed record Applied(Difference Difference, string? Code, string? Problem);

/// <summary>Compares a file with how things are, and makes them so. Applying it again changes nothing.</summary>
public sealed class Declarations(
    IDbContextFactory<KickMonitorDb> databases, StreamerDirectory directory, StreamerIntake intake, Groups groups, People people, Assignments assignments, EntryLinks links, SettingStore settings, SettingCatalog catalog,
    TimeProvider time)
{
    private const string LastAdmin = "That is the last Admin.";

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
        await foreach (var outcome in intake.AddAsync(add.ConvertAll(s => s.Difference.Name), CallPriority.Usual, ct))
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
                Disabled = user.IsDisabled ? true : null,
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
            Settings = (await settings.ListAsync(ct)).Where(s => s is { IsStored: true, FixedBy: null, Value: not null }).ToDictionary(s => s.Definition.Key, s => s.Value),
        };
    }

    private async Task<List<Step>> PlanAsync(Declaration wanted, CancellationToken ct)
    {
        DeclarationRules.Check(wanted, catalog);
        await using var db = await databases.CreateDbContextAsync(ct);
        var watched = await WatchedAsync(db, ct);
        await groups.ReadAsync(ct);
        var fresh = wanted.Streamers.Select(s => Slug.Parse(s)!).Where(s => !watched.ContainsKey(s)).Distinct(StringComparer.Ordinal).ToList();
        var there = new Surroundings(watched, [.. fresh], [.. groups.All.Where(g => g.OwnerId is null).Select(g => g.Name), .. wanted.Groups.Select(g => g.Name)]);
        List<Step> steps =
        [
            .. fresh.Select(s => new Step(new Difference("streamer", s, "watch"), null)),
            .. wanted.Groups.Select(g => GroupStep(g, there)).OfType<Step>(),
        ];
        var users = await db.Users.AsNoTracking().ToListAsync(ct);
        var known = users.ToDictionary(u => u.NormalizedEmail!, StringComparer.Ordinal);
        var admins = users.Where(u => u is { Role: Role.Admin, IsDisabled: false, PasswordHash: not null }).Select(u => u.Id).ToHashSet();

        // Who becomes an Admin does so before others are none any more: somebody always is.
        foreach (var user in wanted.Users.OrderByDescending(u => u is { Role: "admin", Disabled: not true }))
        {
            if (UserStep(user, known.GetValueOrDefault(user.Email.ToUpperInvariant()), admins) is { } step)
            {
                steps.Add(step);
            }
        }

        foreach (var user in wanted.Users)
        {
            var (streamers, byGroup) = await SightsAsync(known.GetValueOrDefault(user.Email.ToUpperInvariant()), ct);
            steps.AddRange(user.Sees.Where(s => GrantOf(s) != (s.Group is { } group ? byGroup.GetValueOrDefault(group) : streamers.GetValueOrDefault(there.IdOf(s.Streamer!)))).Select(s => SightStep(user, s, there)));
        }

        var removed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in wanted.Settings)
        {
            string text = value?.Trim() ?? string.Empty;
            if (SettingStep((await settings.FindAsync(key, ct))!, text, [.. (await settings.RemovedByAsync(key, text, ct)).Where(removed.Add)]) is { } step)
            {
                steps.Add(step);
            }
        }

        return steps;
    }

    /// <summary>Who is watched, by the names that they have and had.</summary>
    private static async Task<Dictionary<string, long>> WatchedAsync(KickMonitorDb db, CancellationToken ct)
    {
        var watched = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        var now = await db.Streamers.Where(s => s.RemovedAt == null).OrderByDescending(s => s.SlugSince).Select(s => new { s.Slug, Id = s.BroadcasterUserId }).ToListAsync(ct);
        var before = await (from f in db.FormerSlugs join s in db.Streamers on f.BroadcasterUserId equals s.BroadcasterUserId where s.RemovedAt == null select new { f.Slug, Id = s.BroadcasterUserId }).ToListAsync(ct);
        foreach (var name in now.Concat(before))
        {
            watched.TryAdd(name.Slug, name.Id);
        }

        return watched;
    }

    private Step? GroupStep(DeclaredGroup group, Surroundings there)
    {
        var slugs = group.Streamers.Select(s => Slug.Parse(s)!).Distinct(StringComparer.Ordinal).ToList();
        var now = groups.Find(null, group.Name);
        if (now is not null && now.IsPublic == group.Public && now.Members.SetEquals(slugs.Select(there.IdOf)))
        {
            return null;
        }

        string change = now is null ? $"create with {slugs.Count} streamers" : $"change to {slugs.Count} streamers";
        return new Step(new Difference("group", group.Name, change + (group.Public ? ", public" : string.Empty), LeftOut(slugs.FindAll(s => !there.Has(s)))), async ct =>
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

            return (null, await groups.SaveAsync(null, group.Name, group.Public, ids, ct) ? LeftOut(missing) : "There are too many groups.");
        });
    }

    private static string? LeftOut(List<string> missing) => missing.Count > 0 ? $"Not watched, and so left out: {string.Join(", ", missing)}." : null;

    /// <param name="admins">Who can administer the place once the steps before this one are done.</param>
    private Step? UserStep(DeclaredUser user, User? there, HashSet<Guid> admins)
    {
        var said = SnakeCase<Role>.TryParse(user.Role ?? string.Empty, out var parsed) ? parsed : (Role?)null;
        var role = said ?? there?.Role ?? Role.Viewer;
        string? name = user.Name is null ? there?.DisplayName : user.Name.Length > 0 ? user.Name : null;
        bool isDisabled = user.Disabled ?? there?.IsDisabled ?? false;
        if (there is null)
        {
            return new Step(new Difference("user", user.Email, $"invite as {SnakeCase<Role>.Of(role)}{(isDisabled ? ", disabled" : string.Empty)}"), ct => InviteAsync(user.Email, role, name, isDisabled, ct));
        }

        string change = string.Join(", ", new[]
        {
            there.Role != role ? $"{SnakeCase<Role>.Of(there.Role)} → {SnakeCase<Role>.Of(role)}" : null,
            name != there.DisplayName ? $"name {name ?? "none"}" : null,
            isDisabled != there.IsDisabled ? isDisabled ? "disable" : "enable" : null,
        }.OfType<string>());
        if (change.Length == 0)
        {
            return null;
        }

        bool isAdmin = role == Role.Admin && !isDisabled;
        bool isLast = !isAdmin && there is { Role: Role.Admin, IsDisabled: false } && !admins.Any(a => a != there.Id);
        _ = isLast || (isAdmin ? there.PasswordHash is not null && admins.Add(there.Id) : admins.Remove(there.Id));
        return new Step(new Difference("user", user.Email, change, isLast ? LastAdmin : null), async ct => await people.ChangeAsync(there.Id, Change, ct) switch
        {
            ChangeUser.Done => (null, null),
            ChangeUser.LastAdmin => (null, LastAdmin),
            _ => (null, "There is no such user."),
        });

        void Change(User now)
        {
            now.Role = said ?? now.Role;
            now.DisplayName = user.Name is null ? now.DisplayName : name;
            now.DisabledAt = user.Disabled switch { true => now.DisabledAt ?? time.GetUtcNow(), false => null, null => now.DisabledAt };
        }
    }

    private async Task<(string? Code, string? Problem)> InviteAsync(string email, Role role, string? name, bool isDisabled, CancellationToken ct)
    {
        switch (await people.InviteAsync(email, role, name, ct))
        {
            case CreateUser.Created created when isDisabled:
                await people.DisableAsync(created.User.Id, ct);
                return (null, null);
            case CreateUser.Created created:
                return (await links.CreateAsync(created.User.Id, ct), null);
            case CreateUser.Refused refused:
                return (null, refused.Reason);
            default:
                return (null, null);
        }
    }

    private Step SightStep(DeclaredUser user, DeclaredSight sight, Surroundings there)
    {
        string absent = $"{sight.Streamer ?? sight.Group} is not there.";
        bool isThere = sight.Group is { } name ? there.Groups.Contains(name) : there.Has(Slug.Parse(sight.Streamer!)!);
        string change = $"sees {sight.Streamer ?? $"the group {sight.Group}"}{(sight.Rights.Count > 0 ? $", manages {string.Join(" and ", sight.Rights)}" : string.Empty)}";
        return new Step(new Difference("assignment", user.Email, change, isThere ? null : absent), async ct =>
        {
            if (await people.FindAsync(user.Email, ct) is not { } person)
            {
                return (null, "There is no such user.");
            }

            int done = sight.Group is { } group
                ? groups.Find(null, group) is { } found ? await assignments.AssignGroupAsync([person.Id], found.Id, GrantOf(sight), ct) : 0
                : await directory.FindAsync(Slug.Parse(sight.Streamer!)!, ct) is { } streamer ? await assignments.AssignAsync([person.Id], [streamer.BroadcasterUserId], GrantOf(sight), ct) : 0;
            return (null, done > 0 ? null : absent);
        });
    }

    /// <param name="removed">The secrets that go with the change.</param>
    private Step? SettingStep(SettingState state, string value, List<string> removed)
    {
        if (value.Length == 0 ? !state.IsStored : state.Value == value)
        {
            return null;
        }

        string change = $"{state.Value ?? "nothing"} → {(value.Length == 0 ? state.Definition.Default ?? "nothing" : value)}{(removed.Count > 0 ? $", which removes {string.Join(" and ", removed)}" : string.Empty)}";
        return new Step(new Difference("setting", state.Definition.Key, change, state.FixedBy?.Reason), async ct => await settings.SetAsync(state.Definition.Key, value, null, ct) switch
        {
            ChangeSetting.Done => (null, null),
            ChangeSetting.Refused refused => (null, refused.Reason),
            ChangeSetting.Fixed fix => (null, fix.Reason),
            _ => (null, "It was not changed."),
        });
    }

    /// <returns>What somebody sees: streamers by their ids, groups by their names.</returns>
    private async Task<(Dictionary<long, Grant> Streamers, Dictionary<string, Grant> Groups)> SightsAsync(User? user, CancellationToken ct) => user is null
        ? ([], [])
        : ((await assignments.OfUserAsync(user.Id, ct)).ToDictionary(a => a.BroadcasterUserId, a => a.Grant), (await assignments.GroupsOfUserAsync(user.Id, ct)).ToDictionary(g => g.Name, g => g.Grant, StringComparer.Ordinal));

    private static Grant GrantOf(DeclaredSight sight) => new(sight.Rights.Contains("events"), sight.Rights.Contains("chat"));

    private static List<string> RightsOf(Grant grant) => [.. new[] { grant.ManagesEvents ? "events" : null, grant.ManagesChat ? "chat" : null }.OfType<string>()];

    private sealed record Step(Difference Difference, Func<CancellationToken, Task<(string? Code, string? Problem)>>? Act);

    /// <summary>What a step can count on.</summary>
    /// <param name="Watched">By every name.</param>
    /// <param name="Fresh">Who will be watched by then, if Kick knows them.</param>
    /// <param name="Groups">Those that are there, or will be.</param>
    private sealed record Surroundings(Dictionary<string, long> Watched, HashSet<string> Fresh, HashSet<string> Groups)
    {
        /// <returns>0 if nobody of that name is watched yet.</returns>
        public long IdOf(string text) => Slug.Parse(text) is { } slug ? Watched.GetValueOrDefault(slug) : 0;

        public bool Has(string slug) => Watched.ContainsKey(slug) || Fresh.Contains(slug);
    }
}

public static class DeclarationServices
{
    public static IServiceCollection AddDeclarations(this IServiceCollection services) => services.AddSingleton<Declarations>();
}
