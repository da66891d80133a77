namespace KickMonitor.Sandbox;

public enum FaultKind
{
    Unauthorized, RevokedTokens, InvalidGrant, FirewallJson, FirewallChallenge, TooManyRequests,
    InternalServerError, BadGateway, ServiceUnavailable, GatewayTimeout,
    HtmlPage, Redirect, EmptyBody, EmptyBadRequest, Truncated, Slow, Silence, HugeBody,
    NumbersAsText, WrongTypes, MissingFields, NineDigitFractions,
}
