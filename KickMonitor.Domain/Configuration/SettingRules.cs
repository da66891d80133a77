using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace KickMonitor.Domain.Configuration;

/// <summary>What is wrong with settings, each mistake by its key; the binder would stop at the first.</summary>
public static class SettingRules
{
    public static IEnumerable<string> Mistakes(SettingSection section, IReadOnlyDictionary<string, string?> values) =>
        Mistakes(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), section.Section, Activator.CreateInstance(section.Options)!);

    /// <param name="options">Of the type that is bound to the section.</param>
    public static IEnumerable<string> Mistakes(IConfiguration configuration, string section, object options)
    {
        foreach (var property in options.GetType().GetProperties().Where(p => p.CanWrite))
        {
            string key = section.Length == 0 ? property.Name : $"{section}:{property.Name}";
            if (configuration[key] is not { } text)
            {
                continue;
            }

            if (Read(configuration, property.PropertyType, key) is not { } value)
            {
                yield return property.PropertyType == typeof(bool) ? $"{key} must be true or false, not '{text}'."
                    : property.PropertyType.IsEnum ? $"{key} must be one of {string.Join(", ", Enum.GetNames(property.PropertyType))}, not '{text}'."
                    : $"{key} must be a number, not '{text}'.";
                continue;
            }

            var results = new List<ValidationResult>();
            Validator.TryValidateProperty(value, new ValidationContext(options) { MemberName = property.Name }, results);
            foreach (var result in results)
            {
                string message = result.ErrorMessage ?? $"{key} is not valid.";
                yield return message.Contains(key, StringComparison.Ordinal) ? message : message.Replace(property.Name, key, StringComparison.Ordinal);
            }
        }
    }

    private static object? Read(IConfiguration configuration, Type type, string key)
    {
        try
        {
            return configuration.GetValue(type, key);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
