using Microsoft.AspNetCore.Http.Metadata;

namespace KickMonitor.Web.Api;

public static class ApiEndpoints
{
    /// <summary>Must come before authorization, whose refusals it words.</summary>
    public static IApplicationBuilder UseApi(this IApplicationBuilder app) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments(ApiGuard.Path), api => api.UseAuthentication().UseMiddleware<ApiGuard>());

    public static void MapApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup(ApiGuard.Path + "/v1").RequireAuthorization().WithMetadata(new SmallBodies())
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status429TooManyRequests);
        api.MapStreamers();
        api.MapHistory();
        api.MapUsers();
        api.MapAssignments();
        api.MapGroups();
        api.MapTags();
        api.MapGroupAssignments();
        api.MapAudit();
        api.MapStatus();
        api.MapEvents();
        api.MapConfiguration();
        api.MapFlags();
        api.MapJobs();
        app.MapOpenApi().AllowAnonymous();
    }

    private sealed class SmallBodies : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => 64 * 1024;
    }
}
