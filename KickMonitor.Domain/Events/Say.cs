using System.Globalization;

namespace KickMonitor.Domain.Events;

/// <summary>Says an English text in somebody's language, with values at {0} and so on.</summary>
public delegate string Say(string english, params object?[] values);

public static class Speech
{
    /// <summary>As programs are answered, and as logs are written.</summary>
    public static readonly Say English = (text, values) => string.Format(CultureInfo.InvariantCulture, text, values);
}
