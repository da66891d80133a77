namespace KickMonitor.Sandbox;

internal static class PublicKeyApi
{
    public static void MapPublicKey(this IEndpointRouteBuilder app) =>
        app.MapGet("/public/v1/public-key", (Signing signing) => Answer.Ok(new Key(signing.PublicKeyPem))).InGroup(EndpointGroup.PublicKey);

    private sealed record Key(string PublicKey);
}
