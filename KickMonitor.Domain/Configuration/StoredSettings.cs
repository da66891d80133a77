using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace KickMonitor.Domain.Configuration;

/// <summary>What Admins have set, as a part of the configuration: above the defaults, below everything that was said at start.</summary>
public sealed class StoredSettings : ConfigurationProvider, IConfigurationSource
{
    private readonly Lock _replacing = new();
    private Func<IReadOnlyDictionary<string, string?>> _values = () => new Dictionary<string, string?>();

    /// <summary>Another one whenever the values are others.</summary>
    internal object Edition => Data;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Takes these values in place of those before; everything that watches the configuration learns of it.</summary>
    /// <param name="values">Which they are beside what the rest of the configuration says; asked again whenever that is read again.</param>
    public void Replace(Func<IReadOnlyDictionary<string, string?>> values)
    {
        lock (_replacing)
        {
            _values = values;
            Renew();
        }
    }

    /// <summary>Takes back what must not meet what the rest of the configuration says now, such as a password for another server.</summary>
    internal void Renew()
    {
        lock (_replacing)
        {
            var values = _values();
            if (values.Count != Data.Count || !values.All(v => Data.TryGetValue(v.Key, out string? old) && old == v.Value))
            {
                Data = new Dictionary<string, string?>(values, StringComparer.OrdinalIgnoreCase);
                OnReload();
            }
        }
    }

    /// <returns>What says the value at start, and so wins over what is stored; null if nothing does.</returns>
    public static string? FixedBy(IConfiguration configuration, string key)
    {
        foreach (var provider in ((IConfigurationRoot)configuration).Providers.Reverse())
        {
            if (provider is StoredSettings)
            {
                return null;
            }

            if (provider.TryGet(key, out string? value) && value is not null)
            {
                return provider switch
                {
                    NamedSettings named => named.Name,
                    EnvironmentVariablesConfigurationProvider => "environment",
                    CommandLineConfigurationProvider => "command line",
                    FileConfigurationProvider file => file.Source.Path ?? "file",
                    _ => "start",
                };
            }
        }

        return null;
    }
}

/// <summary>Settings that the program itself puts together at start, with a name for where they come from.</summary>
public sealed class NamedSettings : ConfigurationProvider, IConfigurationSource
{
    public NamedSettings(string name, IEnumerable<KeyValuePair<string, string?>> values) =>
        (Name, Data) = (name, new Dictionary<string, string?>(values, StringComparer.OrdinalIgnoreCase));

    public string Name { get; }

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;
}
