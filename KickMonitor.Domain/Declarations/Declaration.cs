using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace KickMonitor.Domain.Declarations;

/// <summary>The file cannot be taken as it is; the message says why and where. Nothing was changed.</summary>
public sealed class DeclarationException(string message) : Exception(message);

/// <summary>How things should be, as a file says it. What it does not speak of stays as it is.</summary>
public sealed class Declaration
{
    public const int LongestFile = 4 * 1024 * 1024;

    private static readonly IDeserializer Reader = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build();

    private static readonly ISerializer Writer = new SerializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance)
        .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull | DefaultValuesHandling.OmitEmptyCollections | DefaultValuesHandling.OmitDefaults).WithQuotingNecessaryStrings().DisableAliases().Build();

    /// <summary>Slugs of whom to watch.</summary>
    public List<string> Streamers { get; set => field = value ?? []; } = [];

    public List<DeclaredGroup> Groups { get; set => field = value ?? []; } = [];

    public List<DeclaredUser> Users { get; set => field = value ?? []; } = [];

    /// <summary>Without a value: back to the default.</summary>
    public Dictionary<string, string?> Settings { get; set => field = value ?? []; } = [];

    /// <exception cref="DeclarationException">It is not YAML, or not of this form.</exception>
    public static Declaration Read(string text)
    {
        if (text.Length > LongestFile)
        {
            throw new DeclarationException("The file is too large.");
        }

        try
        {
            return Reader.Deserialize<Declaration?>(text) ?? new Declaration();
        }
        catch (YamlException e)
        {
            throw new DeclarationException($"Line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}");
        }
    }

    public string Write() => Writer.Serialize(this);
}

/// <summary>A group of the Admins' and everybody who is in it.</summary>
public sealed class DeclaredGroup
{
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    public bool Public { get; set; }

    public List<string> Streamers { get; set => field = value ?? []; } = [];
}

public sealed class DeclaredUser
{
    public string Email { get; set => field = value?.Trim() ?? string.Empty; } = string.Empty;

    /// <summary>Blank removes it.</summary>
    public string? Name { get; set => field = value?.Trim(); }

    /// <summary>viewer, user or admin.</summary>
    public string? Role { get; set; }

    /// <summary>Whether they are shut out.</summary>
    public bool? Disabled { get; set; }

    public List<DeclaredSight> Sees { get; set => field = value ?? []; } = [];
}

/// <summary>A streamer or a group that somebody sees, and what more they may do.</summary>
public sealed class DeclaredSight
{
    public string? Streamer { get; set; }

    public string? Group { get; set; }

    /// <summary>events, chat.</summary>
    public List<string> Rights { get; set => field = value ?? []; } = [];
}
