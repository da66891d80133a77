namespace KickMonitor.Sandbox;

internal sealed class TokenRequired(AppTokens tokens, KickGrants grants) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        BearerToken.Read(context.HttpContext.Request) is { } token && (tokens.IsValid(token) || grants.Find(token) is not null)
            ? await next(context)
            : Answer.Unauthorized();
}
