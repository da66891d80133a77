namespace KickMonitor.Sandbox;

public enum EndpointGroup
{
    All, Token, Livestreams, Channels, Users, Categories, PublicKey, Website, Events,
}
