namespace KickMonitor.Sandbox;

public sealed record SandboxOptions
{
    /// <summary>How many streamers the world begins with.</summary>
    public int Streamers { get; init; }

    /// <summary>The share of them that is live at the start, 0 to 1.</summary>
    public double Live { get; init; } = 0.3;

    /// <summary>The same seed gives the same streamers.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many times faster than life the world moves.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>False: nothing changes unless it is steered.</summary>
    public bool Alive { get; init; } = true;

    /// <summary>0 takes any free port. Always on loopback.</summary>
    public int Port { get; init; }

    /// <summary>Where the app listens for webhooks; null: webhooks are off until they are steered.</summary>
    public Uri? WebhookUrl { get; init; }

    public string ClientId { get; init; } = "01SANDBOX00000000000CLIENT";

    public string ClientSecret { get; init; } = "sandbox-secret-of-no-value";

    /// <summary>Where the app may have people sent back to; none: anywhere.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];
}
