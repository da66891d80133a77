namespace KickMonitor.Sandbox;

internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    public static string? Read(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;
}
