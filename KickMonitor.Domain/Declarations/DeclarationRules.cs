using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Domain.Declarations;

/// <summary>What of a file can be seen to be wrong without looking at anything else.</summary>
internal static class DeclarationRules
{
    private const int Told = 20;

    /// <exception cref="DeclarationException">Something in the file contradicts itself or is not known.</exception>
    public static void Check(Declaration wanted, SettingCatalog catalog)
    {
        // YAML takes a dash with nothing behind it for an entry.
        if (wanted.Groups.Any(g => g is null) || wanted.Users.Any(u => u is null) || wanted.Users.Any(u => u.Sees.Any(s => s is null)))
        {
            throw new DeclarationException("An entry under groups, users or sees is empty.");
        }

        List<string> mistakes = [.. OfStreamers(wanted), .. OfUsers(wanted), .. OfSights(wanted), .. OfSettings(wanted, catalog)];
        if (mistakes.Count > 0)
        {
            throw new DeclarationException(string.Join(' ', mistakes.Take(Told)));
        }
    }

    private static IEnumerable<string> OfStreamers(Declaration wanted) =>
    [
        .. wanted.Streamers.Concat(wanted.Groups.SelectMany(g => g.Streamers)).Where(s => Slug.Parse(s) is null).Select(s => $"\"{s}\" is no name of a channel."),
        .. wanted.Groups.Where(g => StreamerGroup.ParseName(g.Name) != g.Name).Select(g => $"\"{g.Name}\" is no name of a group."),
        .. wanted.Groups.GroupBy(g => g.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"The group {g.Key} is there twice."),
    ];

    private static IEnumerable<string> OfUsers(Declaration wanted) =>
    [
        .. wanted.Users.Where(u => !User.IsAddress(u.Email)).Select(u => $"\"{u.Email}\" is no e-mail address."),
        .. wanted.Users.GroupBy(u => u.Email, StringComparer.OrdinalIgnoreCase).Where(u => u.Count() > 1).Select(u => $"The user {u.Key} is there twice."),
        .. wanted.Users.Where(u => !User.IsName(u.Name)).Select(u => $"{u.Email}: {User.BadName}"),
        .. wanted.Users.Where(u => u.Role is not null && !SnakeCase<Role>.TryParse(u.Role, out _)).Select(u => $"{u.Email}: a role is viewer, user or admin, not {u.Role}."),
    ];

    private static IEnumerable<string> OfSights(Declaration wanted)
    {
        var sights = wanted.Users.SelectMany(u => u.Sees.Select(s => (u.Email, Sight: s))).ToList();
        return
        [
            .. sights.Where(s => s.Sight.Streamer is null == s.Sight.Group is null).Select(s => $"{s.Email}: each thing that somebody sees is either a streamer or a group."),
            .. sights.Where(s => s.Sight.Streamer is { } slug && Slug.Parse(slug) is null).Select(s => $"{s.Email}: \"{s.Sight.Streamer}\" is no name of a channel."),
            .. sights.SelectMany(s => s.Sight.Rights.Where(r => r is not ("events" or "chat")).Select(r => $"{s.Email}: a right is events or chat, not {r}.")),
        ];
    }

    private static IEnumerable<string> OfSettings(Declaration wanted, SettingCatalog catalog) => wanted.Settings.Select(s => catalog.Find(s.Key) switch
    {
        null => $"There is no setting {s.Key}.",
        { IsSecret: true } => $"{s.Key} is secret, and has no place in a file. Set it with: config set {s.Key} -",
        var known => s.Value?.Trim() is { Length: > 0 } value ? known.Mistake(value) : null,
    }).OfType<string>();
}
