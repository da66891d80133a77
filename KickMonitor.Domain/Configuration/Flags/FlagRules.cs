using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.FeatureManagement;

namespace KickMonitor.Domain.Configuration.Flags;

/// <summary>What a flag says now.</summary>
/// <param name="Version">0 if nobody ever set it.</param>
public sealed record FlagState(FlagDefinition Definition, bool IsOn, int Percentage, IReadOnlyList<long> Streamers, int Version, DateTimeOffset? ChangedAt, string? ChangedBy)
{
    /// <summary>It is on for some and off for others.</summary>
    public bool IsTargeted => IsOn && Percentage < 100;

    public static FlagState Untouched(FlagDefinition definition) => new(definition, true, 100, [], 0, null, null);

    /// <summary>The same for the library that judges.</summary>
    internal FeatureDefinition Rule => new()
    {
        Name = Definition.Name,
        EnabledFor = !IsOn ? [] : [IsTargeted ? Targeting() : new FeatureFilterConfiguration { Name = "AlwaysOn" }],
    };

    private FeatureFilterConfiguration Targeting()
    {
        var audience = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Audience:DefaultRolloutPercentage"] = Percentage.ToString(CultureInfo.InvariantCulture) };
        for (int i = 0; i < Streamers.Count; i++)
        {
            audience[$"Audience:Users:{i}"] = Streamers[i].ToString(CultureInfo.InvariantCulture);
        }

        return new FeatureFilterConfiguration { Name = "Microsoft.Targeting", Parameters = new ConfigurationBuilder().AddInMemoryCollection(audience).Build() };
    }
}

/// <summary>Tells the library what the flags say, from the memory of this node.</summary>
public sealed class FlagRules(IEnumerable<FlagDefinition> known) : IFeatureDefinitionProvider
{
    private volatile IReadOnlyList<FlagState> _all = [.. known.OrderBy(d => d.Name, StringComparer.Ordinal).Select(FlagState.Untouched)];
    private volatile Dictionary<string, FeatureDefinition> _rules = new(StringComparer.Ordinal);

    public IReadOnlyList<FlagState> All
    {
        get => _all;
        set
        {
            _rules = value.ToDictionary(s => s.Definition.Name, s => s.Rule, StringComparer.Ordinal);
            _all = value;
        }
    }

    public Task<FeatureDefinition> GetFeatureDefinitionAsync(string featureName) => Task.FromResult(_rules.GetValueOrDefault(featureName)!);

    public async IAsyncEnumerable<FeatureDefinition> GetAllFeatureDefinitionsAsync()
    {
        foreach (var rule in _rules.Values)
        {
            yield return rule;
        }

        await Task.CompletedTask;
    }
}
