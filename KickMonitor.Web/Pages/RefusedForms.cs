using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;

namespace KickMonitor.Web.Pages;

/// <summary>Forms that are not taken, and what their sender sees.</summary>
public static class RefusedForms
{
    /// <summary>Shows the page with the words for an answer's status, also to whoever sent a form: it is asked for by a GET, since the form is not for it.</summary>
    public static void UseRefusalPages(this IApplicationBuilder app)
    {
        app.Use(async (context, next) =>
        {
            // For whoever counts requests.
            string method = context.Request.Method;
            await next(context);
            context.Request.Method = method;
        });
        app.UseStatusCodePagesWithReExecute("/refused/{0}");
        app.Use(async (context, next) =>
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400 })
            {
                context.Request.Method = HttpMethods.Get;
                (context.Request.ContentType, context.Request.ContentLength) = (null, null);
                context.Features.Set<IFormFeature>(null);
                context.Features.Set<IAntiforgeryValidationFeature>(null);
            }
        });
    }

    /// <summary>Refuses forms without the page's own token before anything looks at them. Must come after the check.</summary>
    public static void UseFormCheck(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Features.Get<IAntiforgeryValidationFeature>() is not { IsValid: false })
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Task.CompletedTask;
    });
}
