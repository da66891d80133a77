using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Events.Handlers;
using KickMonitor.Domain.Kick;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Events;

public static class EventServices
{
    /// <summary>Reception and handling of Kick's events; the server also hosts <see cref="Inbox"/> and <see cref="DispatchLoop"/>.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services)
    {
        services.AddLiveOptions<EventOptions>(EventOptions.Section, "Events");
        services.AddSingleton<SigningKey>();
        services.AddSingleton<EventPartitions>();
        services.AddSingleton<EventRetention>();
        services.AddSingleton<InboxRepeats>();
        services.AddSingleton<Inbox>();
        services.AddSingleton<IEventHandler, StatusFromEvents>().AddFlag(FlagServices.Webhook, "Take starts, ends and titles from Kick's events");
        services.AddSingleton<IEventHandler, Tallies>().AddFlag("handlers.tallies", "Count followers, subscriptions, gifts and Kicks");
        services.AddSingleton<IEventHandler, RecentSupporters>().AddFlag("handlers.supporters", "Remember who supported a streamer");
        services.AddSingleton<IEventHandler, EventLog>().AddFlag("handlers.log", "Write a line to the log for each event");
        services.AddSingleton<Dispatch>();
        services.AddSingleton<EventHistory>();
        services.AddSingleton<EventFeed>();
        services.AddSingleton<ChannelSupport>();
        services.AddSingleton<KickSubscriptions>();
        services.AddSingleton<SubscriptionKeeper>();
        services.AddSingleton<EventReplay>();
        services.AddSingleton<LostStatuses>();
        services.AddSingleton<SubscriptionWatch>();
        services.AddSingleton<Integrity>();
        return services;
    }
}
