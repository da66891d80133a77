using System.Text.Json;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>One property that an entry says was changed.</summary>
public sealed record AuditChange(string Name, string? Before, string? After)
{
    private const int Longest = 600;

    /// <summary>What differs; a property that stayed as it was is left out.</summary>
    public static IReadOnlyList<AuditChange> Of(AuditRow row)
    {
        var (before, after) = (Properties(row.Before), Properties(row.After));
        return
        [
            .. before.Keys.Union(after.Keys).Select(name => new AuditChange(name, before.GetValueOrDefault(name), after.GetValueOrDefault(name))).Where(c => c.Before != c.After),
        ];
    }

    private static Dictionary<string, string?> Properties(string? json)
    {
        if (json is null)
        {
            return [];
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => Text(p.Value), StringComparer.Ordinal)
            : new Dictionary<string, string?>(StringComparer.Ordinal) { [string.Empty] = Text(document.RootElement) };
    }

    private static string? Text(JsonElement value)
    {
        string? text = value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Text)),
            _ => value.GetRawText(),
        };
        return text is { Length: > Longest } ? text[..Longest] + "…" : text is { Length: 0 } ? null : text;
    }
}
