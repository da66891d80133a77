namespace KickMonitor.Sandbox;

internal static class OAuthErrors
{
    public const string InvalidRequest = """{"error":"Invalid request"}""";

    public const string InvalidGrant =
        """{"error":"invalid_grant","error_description":"The grant or refresh token is invalid, expired, revoked, or was issued to another client."}""";
}
