using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Configuration;

/// <summary>Why a stored secret is not used.</summary>
internal enum Closed
{
    /// <summary>It was sealed with another master key.</summary>
    Unreadable,

    /// <summary>It was stored by a version that did not say for where.</summary>
    Unbound,

    /// <summary>It was sealed for where it would no longer be sent.</summary>
    ForElsewhere,
}

/// <summary>
/// Seals secrets, and opens them where they are used. One that is sent somewhere is sealed together with where that is, and opens for
/// nothing else: whoever may change where it goes could otherwise have it sent to themselves, and so read it.
/// </summary>
internal sealed partial class SecretSettings(SettingCatalog catalog, IConfiguration configuration, IDataProtectionProvider protection, ILogger logger)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public static IDataProtector ProtectorOf(IDataProtectionProvider protection, string key) => protection.CreateProtector("KickMonitor.Configuration", key);

    /// <returns>What was said at start and keeps a setting from being changed; null if it can be.</returns>
    public ChangeSetting.Fixed? FixedBy(SettingDefinition definition) =>
        StoredSettings.FixedBy(configuration, definition.Key) is { } by
            ? new ChangeSetting.Fixed(definition.Key, by)
            : (from secret in catalog.SentTo(definition)
               let said = StoredSettings.FixedBy(configuration, secret.Key)
               where said is not null && configuration[secret.Key] is { Length: > 0 }
               select new ChangeSetting.Fixed(definition.Key, said, secret.Key)).FirstOrDefault();

    /// <param name="stored">Everything that is stored, by key.</param>
    /// <returns>The form in which it is stored, or why it is not.</returns>
    public (string? Box, ChangeSetting.Refused? Refusal) Seal(SettingDefinition definition, string value, IReadOnlyDictionary<string, string> stored)
    {
        if (!definition.IsSecret)
        {
            return (value, null);
        }

        var sentTo = SentTo(definition, stored);
        return sentTo.FirstOrDefault(s => s.Value.Length == 0).Key is { } missing
            ? (null, new ChangeSetting.SentNowhere(definition.Key, missing))
            : (ProtectorOf(protection, definition.Key).Protect(sentTo.Count == 0 ? value : JsonSerializer.Serialize(new Bound(value, sentTo))), null);
    }

    /// <param name="stored">Everything that is stored, by key.</param>
    /// <returns>The value, or why there is none.</returns>
    public (string? Value, Closed? Why) Open(SettingDefinition definition, string box, IReadOnlyDictionary<string, string> stored)
    {
        if (!definition.IsSecret)
        {
            return (box, null);
        }

        string text;
        try
        {
            text = ProtectorOf(protection, definition.Key).Unprotect(box);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return (null, Closed.Unreadable);
        }

        return definition.SentTo.Count == 0 ? (text, null)
            : Bound.Parse(text) is not { } bound ? (null, Closed.Unbound)
            : IsKept(bound.SentTo, SentTo(definition, stored)) ? (bound.Value, null)
            : (null, Closed.ForElsewhere);
    }

    /// <summary>As <see cref="Open"/>, and says once in the log what cannot be used.</summary>
    public string? Use(SettingDefinition definition, string box, IReadOnlyDictionary<string, string> stored)
    {
        if (FixedBy(definition) is { SecretKey: { } secret } fix)
        {
            Tell(box, () => LeftAside(definition.Key, secret, fix.By));
            return null;
        }

        var (value, why) = Open(definition, box, stored);
        Action? say = why switch
        {
            Closed.Unreadable => () => Unreadable(definition.Key),
            Closed.Unbound => () => Unbound(definition.Key),
            Closed.ForElsewhere => () => ForElsewhere(definition.Key, string.Join(", ", definition.SentTo)),
            _ => null,
        };
        if (say is not null)
        {
            Tell(box, say);
        }

        return value;
    }

    /// <returns>The stored secrets that would go elsewhere, or more openly, once other things are stored.</returns>
    public IReadOnlyList<SettingDefinition> Misled(SettingDefinition changed, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
        [.. catalog.SentTo(changed).Where(s => before.ContainsKey(s.Key) && !IsKept(SentTo(s, before), SentTo(s, after)))];

    private Dictionary<string, string> SentTo(SettingDefinition secret, IReadOnlyDictionary<string, string> stored) =>
        secret.SentTo.ToDictionary(key => key, key => Holding(catalog.Find(key)!, stored) ?? string.Empty, StringComparer.Ordinal);

    private string? Holding(SettingDefinition definition, IReadOnlyDictionary<string, string> stored) =>
        FixedBy(definition) is { SecretKey: null } ? configuration[definition.Key]
        : FixedBy(definition) is null && stored.TryGetValue(definition.Key, out string? value) && definition.Mistake(value) is null ? value
        : definition.Default;

    private bool IsKept(Dictionary<string, string> meant, Dictionary<string, string> now) =>
        now.All(n => meant.TryGetValue(n.Key, out string? value) && (string.Equals(value, n.Value, StringComparison.OrdinalIgnoreCase) || IsOn(n.Key, n.Value)));

    /// <returns>Whether it is a protection that is switched on: what could go without it may go with it.</returns>
    private bool IsOn(string key, string value) => catalog.Find(key)!.Type == typeof(bool) && bool.TryParse(value, out bool isOn) && isOn;

    private void Tell(string box, Action say)
    {
        lock (_told)
        {
            if (_told.Add(box))
            {
                say();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} is stored, but cannot be read with this master key; set it again")]
    private partial void Unreadable(string key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} is stored, but not for what {SentTo} say now, and is not sent there; set it again")]
    private partial void ForElsewhere(string key, string sentTo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} is stored, but left aside: {Secret} is said by the {By}, so where it is sent must be said there too")]
    private partial void LeftAside(string key, string secret, string by);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} is stored, but not for any place, as earlier versions did, and is sent nowhere; set it once more")]
    private partial void Unbound(string key);

    private sealed record Bound(string Value, Dictionary<string, string> SentTo)
    {
        /// <returns>Null: it was stored when secrets were not kept for where they are sent.</returns>
        public static Bound? Parse(string text)
        {
            try
            {
                return JsonSerializer.Deserialize<Bound>(text) is { Value: not null, SentTo: not null } bound ? bound : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
