using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Options;

namespace KickMonitor.Web.Hosting;

/// <summary>Finds every mistake in the settings before anything is started.</summary>
public static class Mistakes
{
    /// <exception cref="OptionsValidationException">Names them all.</exception>
    public static void ThrowIfAny(IConfiguration configuration)
    {
        var services = new ServiceCollection().AddSingleton(configuration).AddKick().AddMonitoring();
        AddSite(services);
        using var provider = services.BuildServiceProvider();
        var mistakes = new List<string>();
        Collect(mistakes, () => provider.GetRequiredService<IOptions<KickOptions>>().Value);
        Collect(mistakes, () => provider.GetRequiredService<IOptions<MonitorOptions>>().Value);
        Collect(mistakes, () => provider.GetRequiredService<IOptions<SiteOptions>>().Value);
        Collect(mistakes, () => provider.GetRequiredService<IOptions<AdminOptions>>().Value);
        Collect(mistakes, () => DatabaseLocation.From(configuration));
        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException("settings", typeof(SiteOptions), mistakes);
        }
    }

    public static IServiceCollection AddSite(IServiceCollection services)
    {
        services.AddOptions<SiteOptions>().BindConfiguration(string.Empty).ValidateDataAnnotations();
        services.AddOptions<AdminOptions>().BindConfiguration("Admin").ValidateDataAnnotations();
        return services;
    }

    private static void Collect(List<string> mistakes, Func<object?> read)
    {
        try
        {
            _ = read();
        }
        catch (OptionsValidationException e)
        {
            mistakes.AddRange(e.Failures);
        }
        catch (InvalidOperationException e)
        {
            // A number that is no number; the inner message names the key.
            mistakes.Add(e.Message);
        }
        catch (FormatException e)
        {
            mistakes.Add(e.Message);
        }
    }
}
