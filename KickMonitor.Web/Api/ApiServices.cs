using KickMonitor.Web.Hosting;
using KickMonitor.Web.Hubs;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace KickMonitor.Web.Api;

public static class ApiServices
{
    /// <summary>The JSON API and the live hub.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddSingleton<VisibleStreamers>();
        services.AddSingleton<SameOrigin>();
        services.AddSingleton<ApiLimit>();
        services.TryAddSingleton<PublicAddress>();
        services.AddOptions<SiteOptions>().BindConfiguration(string.Empty);
        services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));

        // Otherwise development would throw where production answers 400.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        services.AddProblemDetails(options => options.CustomizeProblemDetails = KeepTraceOfOurFailures);
        services.AddApiDescription();

        services.AddSignalR().AddJsonProtocol(options => ApiJson.Configure(options.PayloadSerializerOptions)).AddHubOptions<LiveHub>(options =>
        {
            options.MaximumReceiveMessageSize = LiveHub.LongestMessage;
            options.EnableDetailedErrors = false;
        });
        services.AddSingleton<LiveHubFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveHubFeed>());
        return services;
    }

    /// <summary>A trace leads to a line of the log, which only failures of ours write; and what is hidden must look like what is not there.</summary>
    private static void KeepTraceOfOurFailures(ProblemDetailsContext context)
    {
        if (context.ProblemDetails.Status < StatusCodes.Status500InternalServerError)
        {
            context.ProblemDetails.Extensions.Remove("traceId");
        }
    }
}
