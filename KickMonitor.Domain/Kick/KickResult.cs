namespace KickMonitor.Domain.Kick;

public enum KickFailureKind
{
    /// <summary>Kick refused the credentials or the token, also after a fresh one was fetched.</summary>
    Unauthorized,
    RateLimited,

    /// <summary>A firewall answered instead of Kick: an HTML page or its JSON twin.</summary>
    Blocked,

    /// <summary>No answer, a time-out, a server error, or the breaker is open.</summary>
    Unavailable,

    /// <summary>An answer that is not what the endpoint promises.</summary>
    Unreadable,

    /// <summary>Kick calls the request invalid.</summary>
    Rejected,
}

/// <summary>Why Kick could not be asked. Says nothing about any streamer.</summary>
/// <param name="Detail">For people; holds no secret and nothing that Kick sent but its status and error text.</param>
public sealed record KickFailure(KickFailureKind Kind, string Detail)
{
    public int? Status { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public override string ToString() => $"{Kind}: {Detail}";
}

/// <summary>What Kick answered, or why it did not.</summary>
public readonly record struct KickResult<T>
{
    private readonly T? _value;

    private KickResult(T? value, KickFailure? failure) => (_value, Failure) = (value, failure);

    public KickFailure? Failure { get; }

    public bool IsOk => Failure is null;

    /// <exception cref="InvalidOperationException">There is a <see cref="Failure"/> instead.</exception>
    public T Value => Failure is null ? _value! : throw new InvalidOperationException(Failure.ToString());

    public static implicit operator KickResult<T>(T value) => new(value, null);

    public static implicit operator KickResult<T>(KickFailure failure) => new(default, failure);

    public KickResult<TNext> Then<TNext>(Func<T, TNext> next) => Failure is { } failure ? failure : next(_value!);
}
