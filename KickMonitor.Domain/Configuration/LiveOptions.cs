using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace KickMonitor.Domain.Configuration;

/// <summary>
/// The one object that holds a section's values on this node. When the configuration changes, its properties do, so whoever has
/// the object and reads it when it acts needs to know nothing of that. Values that break the rules are left as they were.
/// </summary>
public sealed partial class LiveOptions<T> : IDisposable
    where T : class, new()
{
    private readonly IConfiguration _configuration;
    private readonly SettingSection _section;
    private readonly StoredSettings? _stored;
    private readonly ILogger _logger;
    private readonly Lock _refreshing = new();
    private readonly IDisposable _watch;
    private CancellationTokenSource _changed = new();

    public LiveOptions(IConfiguration configuration, SettingSection section, ILogger<LiveOptions<T>> logger)
    {
        (_configuration, _section, _logger) = (configuration, section, logger);
        _stored = (configuration as IConfigurationRoot)?.Providers.OfType<StoredSettings>().FirstOrDefault();
        _stored?.Renew();
        if (Mistakes() is { Length: > 0 } mistakes)
        {
            throw new OptionsValidationException(section.Section, typeof(T), mistakes);
        }

        Copy();
        _watch = ChangeToken.OnChange(configuration.GetReloadToken, Refresh);
    }

    public T Value { get; } = new();

    /// <summary>The values of one moment, which stay as they are: for those that only together are right.</summary>
    public T Snapshot { get; private set; } = new();

    /// <summary>Calls back after values changed, on whatever thread changed them; the call must be quick.</summary>
    public IDisposable Watch(Action watcher) => ChangeToken.OnChange(() => new CancellationChangeToken(_changed.Token), watcher);

    public void Dispose()
    {
        _watch.Dispose();
        _changed.Dispose();
    }

    private void Refresh()
    {
        // Before anybody reads them beside what a file may say by now.
        _stored?.Renew();
        bool isChanged;
        lock (_refreshing)
        {
            if (Mistakes() is { Length: > 0 } mistakes)
            {
                Refused(_section.Section, string.Join(' ', mistakes));
                return;
            }

            isChanged = Copy();
        }

        if (isChanged)
        {
            using var changed = Interlocked.Exchange(ref _changed, new CancellationTokenSource());
            changed.Cancel();
        }
    }

    private string[] Mistakes() => [.. SettingRules.Mistakes(_configuration, _section.Section, Value)];

    private bool Copy()
    {
        var fresh = Bind();
        bool isChanged = false;
        foreach (var property in typeof(T).GetProperties().Where(p => p.CanWrite))
        {
            object? value = property.GetValue(fresh);
            if (!Equals(value, property.GetValue(Value)))
            {
                property.SetValue(Value, value);
                isChanged = true;
            }
        }

        Snapshot = fresh;
        return isChanged;
    }

    /// <summary>The binder takes one value after the other, so it begins again if others came meanwhile.</summary>
    private T Bind()
    {
        while (true)
        {
            object? edition = _stored?.Edition;
            var bound = (_section.Section.Length == 0 ? _configuration : _configuration.GetSection(_section.Section)).Get<T>() ?? new T();
            if (edition == _stored?.Edition)
            {
                return bound;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The settings of {Section} changed to what is not allowed and are left as they were: {Mistakes}")]
    private partial void Refused(string section, string mistakes);
}

public static class LiveOptionsServices
{
    /// <summary>Registers options as the object itself, kept up to date; those of its properties that are marked so can be set by Admins.</summary>
    /// <param name="title">What people call the section.</param>
    public static IServiceCollection AddLiveOptions<T>(this IServiceCollection services, string section, string title)
        where T : class, new()
    {
        if (services.Any(s => s.ServiceType == typeof(LiveOptions<T>)))
        {
            // Features that share options each ask for them; a setting is listed once.
            return services;
        }

        var bound = new SettingSection(section, title, typeof(T));
        services.AddSingleton(bound);
        services.AddSingleton(p => new LiveOptions<T>(p.GetRequiredService<IConfiguration>(), bound, p.GetRequiredService<ILogger<LiveOptions<T>>>()));
        services.AddSingleton(p => p.GetRequiredService<LiveOptions<T>>().Value);
        return services;
    }
}
