using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

public static class SignOut
{
    public const string Path = "/signout";

    public static void MapSignOut(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost(Path, async (HttpContext context, SignInManager<User> signIn, IAntiforgery antiforgery) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                return Results.BadRequest();
            }

            await signIn.SignOutAsync();
            return Results.LocalRedirect("/signin");
        }).AllowAnonymous().ExcludeFromDescription();
}
