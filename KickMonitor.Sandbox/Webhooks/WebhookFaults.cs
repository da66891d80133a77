namespace KickMonitor.Sandbox;

/// <summary>What goes wrong between an event and its delivery. Probabilities are from 0 to 1.</summary>
public sealed class WebhookFaults
{
    /// <summary>Null: every event and channel; else only this type is hit.</summary>
    public string? OnlyType { get; set; }

    /// <summary>Null: all; else only this broadcaster's events are hit.</summary>
    public long? OnlyBroadcaster { get; set; }

    public double Lost { get; set; }

    /// <summary>The same message again.</summary>
    public double RepeatedId { get; set; }

    /// <summary>The same event as another message.</summary>
    public double NewId { get; set; }

    public double LateShare { get; set; }

    public double LateSeconds { get; set; } = 5;

    /// <summary>Each pair of deliveries in the wrong order.</summary>
    public bool Reordered { get; set; }

    public double WrongSignature { get; set; }

    public double WrongType { get; set; }

    public double UnknownType { get; set; }

    public bool NullVerified { get; set; } = true;

    public bool MissingIdentity { get; set; }

    public bool AnonymousGifters { get; set; } = true;

    public bool NullEmotes { get; set; } = true;

    public bool ExtraFields { get; set; }

    /// <summary>A POST answers an id, and no subscription is there.</summary>
    public bool CreatedButNotThere { get; set; }

    /// <summary>GET answers an empty list.</summary>
    public bool NotListed { get; set; }

    public bool ErrorRows { get; set; }

    /// <summary>An app's own token may not subscribe; the channel's owner's may.</summary>
    public bool OwnersOnly { get; set; }

    /// <summary>Subscriptions go on delivering to the address that was there when they were made.</summary>
    public bool OldUrlKept { get; set; }

    public bool LimitReached { get; set; }

    /// <summary>How many more times a delivery that was not answered with 200 is sent: after 1 s, then 5 s.</summary>
    public int Retries { get; set; } = 2;

    /// <summary>After how many failed deliveries in a row of a type it is unsubscribed; 0: never.</summary>
    public int UnsubscribeAfter { get; set; }

    public bool Hits(string type, long broadcaster) => (OnlyType is null || OnlyType == type) && (OnlyBroadcaster is null || OnlyBroadcaster == broadcaster);

    public void Reset()
    {
        var fresh = new WebhookFaults();
        foreach (var property in typeof(WebhookFaults).GetProperties())
        {
            property.SetValue(this, property.GetValue(fresh));
        }
    }
}
