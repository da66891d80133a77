using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KickMonitor.Sandbox;

/// <summary>Spoils a right answer, byte for byte or field by field.</summary>
internal static partial class Damage
{
    private static readonly string[] Vanishing =
    [
        "title", "stream_title", "category", "thumbnail", "viewer_count", "profile_picture", "language", "language_code",
        "expires_in", "livestream", "followers_count", "stream",
    ];

    public static bool IsDamage(FaultKind kind) => kind is FaultKind.Truncated or FaultKind.NumbersAsText or FaultKind.WrongTypes
        or FaultKind.MissingFields or FaultKind.NineDigitFractions;

    public static byte[] Apply(FaultKind kind, byte[] body)
    {
        if (kind is FaultKind.NineDigitFractions)
        {
            return Encoding.UTF8.GetBytes(WholeSecond().Replace(Encoding.UTF8.GetString(body), "${second}.123456789Z"));
        }

        JsonNode? json;
        try
        {
            json = JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            return body;
        }

        var damaged = kind switch
        {
            FaultKind.NumbersAsText => Rewrite(json, AsText),
            FaultKind.WrongTypes => Rewrite(json, AsSomethingElse),
            _ => WithoutFields(json),
        };
        return JsonSerializer.SerializeToUtf8Bytes(damaged, KickJson.Options);
    }

    private static JsonNode? Rewrite(JsonNode? node, Func<JsonValue, JsonNode?> change) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(p.Key, Rewrite(p.Value, change)))),
        JsonArray a => new JsonArray([.. a.Select(item => Rewrite(item, change))]),
        JsonValue v => change(v),
        _ => null,
    };

    private static JsonNode AsText(JsonValue value) =>
        value.GetValueKind() is JsonValueKind.Number ? JsonValue.Create(value.ToJsonString()) : value.DeepClone();

    private static JsonNode? AsSomethingElse(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.Number => new JsonArray(),
        JsonValueKind.String => JsonValue.Create(false),
        _ => JsonValue.Create("yes"),
    };

    private static JsonNode? WithoutFields(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Where(p => !Vanishing.Contains(p.Key)).Select(p => KeyValuePair.Create(p.Key, WithoutFields(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(WithoutFields)]),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex(@"(?<second>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})Z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WholeSecond();
}
