using Microsoft.AspNetCore.Http.Features;

namespace KickMonitor.Sandbox;

/// <summary>Stands before every endpoint of Kick and spoils the answers that a fault hits.</summary>
internal sealed class FaultyAnswers(RequestDelegate next, Faults faults, AppTokens tokens, TimeProvider time, IHostApplicationLifetime lifetime)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GroupMetadata>() is not { } endpoint)
        {
            await next(context);
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var damages = new List<FaultKind>();
        foreach (var fault in faults.Active)
        {
            if (!faults.Hits(fault, endpoint.Group))
            {
                continue;
            }

            if (fault.Kind is FaultKind.Slow)
            {
                await Task.Delay(fault.Delay, time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else if (fault.Kind is FaultKind.RevokedTokens)
            {
                tokens.RevokeAll();
            }
            else if (Damage.IsDamage(fault.Kind))
            {
                damages.Add(fault.Kind);
            }
            else
            {
                await Refusal.WriteAsync(context, fault, over.Token);
                return;
            }
        }

        if (endpoint.Limited && !faults.RateLimit.Admits())
        {
            await Refusal.WriteAsync(context, new Fault(FaultKind.TooManyRequests), over.Token);
        }
        else if (damages.Count > 0)
        {
            await AnswerDamagedAsync(context, damages);
        }
        else
        {
            await next(context);
        }
    }

    private async Task AnswerDamagedAsync(HttpContext context, List<FaultKind> damages)
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var buffer = new MemoryStream();
        context.Response.Body = buffer;
        await next(context);
        context.Features.Set(original);

        var body = buffer.ToArray();
        foreach (var damage in damages.Where(d => d is not FaultKind.Truncated))
        {
            body = Damage.Apply(damage, body);
        }

        context.Response.ContentLength = body.Length;
        if (!damages.Contains(FaultKind.Truncated))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
            return;
        }

        await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        context.Abort();
    }
}
