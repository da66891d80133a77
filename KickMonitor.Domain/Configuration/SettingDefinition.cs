using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace KickMonitor.Domain.Configuration;

/// <summary>An option that can change at run time: what it is, and how it is checked.</summary>
/// <param name="Key">As in the environment and in files, with colons.</param>
/// <param name="Default">What holds while nobody says otherwise; null: nothing.</param>
/// <param name="Type">Of the value; numbers and switches are never null.</param>
public sealed record SettingDefinition(string Key, string Group, string Description, Type Type, string? Default, bool IsSecret, bool NeedsRestart)
{
    public const int LongestValue = 8000;

    /// <summary>The keys that say where a secret is sent; none if that is no setting that can change at run time.</summary>
    public IReadOnlyList<string> SentTo { get; private init; } = [];

    private PropertyInfo Property { get; init; } = null!;

    private SettingSection Section { get; init; } = null!;

    /// <summary>What it is chosen from; none if it is free text or a number.</summary>
    public IReadOnlyList<string> Choices => Type == typeof(bool) ? ["true", "false"] : Type.IsEnum ? Enum.GetNames(Type) : [];

    /// <summary>The bounds of a number, if it is one and has them.</summary>
    public (string Least, string Most)? Bounds =>
        Property.GetCustomAttribute<RangeAttribute>() is { } range ? (Text(range.Minimum)!, Text(range.Maximum)!) : null;

    /// <returns>What is wrong with the text as its value; null if nothing is. The same rules hold at start.</returns>
    public string? Mistake(string text) =>
        text.Length > LongestValue ? $"{Key} is longer than {LongestValue} characters."
        : text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) ? $"{Key} has characters that cannot be shown."
        : Choices.Count > 0 && !Choices.Contains(text, StringComparer.OrdinalIgnoreCase) ? $"{Key} must be one of {string.Join(", ", Choices)}."
        : SettingRules.Mistakes(Section, new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { [Key] = text }).FirstOrDefault();

    public static IEnumerable<SettingDefinition> Of(SettingSection section)
    {
        object defaults = Activator.CreateInstance(section.Options)!;
        return from property in section.Options.GetProperties()
               let setting = property.GetCustomAttribute<SettingAttribute>()
               where setting is not null
               select new SettingDefinition(Key(property.Name), section.Title, setting.Description, property.PropertyType, Text(property.GetValue(defaults)), setting.IsSecret, setting.NeedsRestart)
               {
                   Property = property,
                   Section = section,
                   SentTo = [.. setting.SentTo.Select(Key)],
               };

        string Key(string name) => section.Section.Length == 0 ? name : $"{section.Section}:{name}";
    }

    private static string? Text(object? value) => value switch
    {
        null => null,
        bool yes => yes ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}

/// <summary>Everything that can be set at run time.</summary>
public sealed class SettingCatalog(IEnumerable<SettingSection> sections)
{
    private readonly SettingDefinition[] _all = [.. sections.SelectMany(SettingDefinition.Of)];

    public IReadOnlyList<SettingDefinition> All => _all;

    /// <param name="key">In any case.</param>
    public SettingDefinition? Find(string key) => Array.Find(_all, d => d.Key.Equals(key.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <returns>The secrets that go where this setting says.</returns>
    public IEnumerable<SettingDefinition> SentTo(SettingDefinition definition) => _all.Where(d => d.SentTo.Contains(definition.Key, StringComparer.Ordinal));
}
