namespace KickMonitor.Sandbox;

public enum EndpointGroup
{
    All, Authorize, Token, Livestreams, Channels, Users, Categories, PublicKey, Website, Events,
}
