using KickMonitor.Domain.Accounts;

namespace KickMonitor.Web.Accounts;

/// <summary>The rights of whoever sends the request. A parameter of endpoints behind authorization.</summary>
public sealed record CurrentPerson(UserRights Rights)
{
    public static ValueTask<CurrentPerson?> BindAsync(HttpContext context)
    {
        var rights = context.RequestServices.GetRequiredService<Rights>().Of(context.User);

        // Authorization has let the request pass, so a right that is missing now was taken away in between.
        return ValueTask.FromResult<CurrentPerson?>(rights is null ? throw new BadHttpRequestException("No longer signed in.", StatusCodes.Status401Unauthorized) : new CurrentPerson(rights));
    }
}
