using System.Text.Json;
using System.Threading.Tasks.Sources;

namespace KickMonitor.Domain.Events;

/// <summary>An authentic delivery on its way into the inbox.</summary>
public sealed class Delivery : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _stored;

    public required string MessageId { get; init; }

    public string? SubscriptionId { get; init; }

    public required string Type { get; init; }

    public string? Version { get; init; }

    public DateTimeOffset SentAt { get; init; }

    public DateTimeOffset ReceivedAt { get; init; }

    public long? BroadcasterUserId { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>For one to wait for, once.</summary>
    internal ValueTask<bool> Stored => new(this, _stored.Version);

    /// <summary>Whoever waits goes on at once, on this thread.</summary>
    internal void Tell(bool stored) => _stored.SetResult(stored);

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

    bool IValueTaskSource<bool>.GetResult(short token) => _stored.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _stored.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _stored.OnCompleted(continuation, state, token, flags);

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
