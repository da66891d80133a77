namespace KickMonitor.Sandbox;

internal sealed class TokenRequired(AppTokens tokens) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        BearerToken.Read(context.HttpContext.Request) is { } token && tokens.IsValid(token)
            ? await next(context)
            : Answer.Unauthorized();
}
