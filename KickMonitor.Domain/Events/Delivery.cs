using System.Text.Json;

namespace KickMonitor.Domain.Events;

/// <summary>An authentic delivery on its way into the inbox.</summary>
public sealed class Delivery
{
    public required string MessageId { get; init; }

    public string? SubscriptionId { get; init; }

    public required string Type { get; init; }

    public string? Version { get; init; }

    public DateTimeOffset SentAt { get; init; }

    public DateTimeOffset ReceivedAt { get; init; }

    public long? BroadcasterUserId { get; init; }

    public required byte[] Body { get; init; }

    internal TaskCompletionSource<bool> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Finds whom the delivery is about, which decides the order of handling, without reading the rest.</summary>
    /// <returns>Null if the body does not say, or is no JSON.</returns>
    public static long? BroadcasterOf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isBroadcaster = reader.ValueTextEquals("broadcaster"u8);
                reader.Read();
                if (isBroadcaster)
                {
                    return reader.TokenType == JsonTokenType.StartObject ? UserIdOf(ref reader) : null;
                }

                reader.Skip();
            }

            return null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // A name that is no UTF-8.
            return null;
        }
    }

    private static long? UserIdOf(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = reader.ValueTextEquals("user_id"u8);
            reader.Read();
            if (isId)
            {
                return reader.TokenType switch
                {
                    JsonTokenType.Number when reader.TryGetInt64(out long number) => number,
                    JsonTokenType.String when long.TryParse(reader.ValueSpan, out long text) => text,
                    _ => null,
                };
            }

            reader.Skip();
        }

        return null;
    }
}
