using System.Text;
using Microsoft.Win32.SafeHandles;

namespace KickMonitor.Web.Cli;

/// <summary>Where a verb reads and writes. The process's own streams, or whatever a test hands in.</summary>
internal sealed record Terminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>A person looks at <see cref="Out"/>: tables and the live screen are for them, plain lines for programs.</summary>
    public bool IsOutTerminal { get; init; }

    public bool IsErrorTerminal { get; init; }

    public bool HasColours { get; init; }

    /// <summary>A key that was pressed, if any; never waits.</summary>
    public Func<char?> Key { get; init; } = () => null;

    public Func<(int Width, int Height)> Size { get; init; } = () => (120, 40);

    /// <summary>Settings that go before all others.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>False: neither the environment nor settings files count.</summary>
    public bool ReadsEnvironment { get; init; } = true;

    public static Terminal OfProcess()
    {
        bool isDumb = Environment.GetEnvironmentVariable("TERM") is null or "dumb";
        bool isOutTerminal = !Console.IsOutputRedirected && !isDumb;
        return new Terminal
        {
            Out = Console.IsOutputRedirected ? RedirectedOutput() : Console.Out,
            Error = Console.Error,
            In = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8),
            IsOutTerminal = isOutTerminal,
            IsErrorTerminal = !Console.IsErrorRedirected && !isDumb,
            HasColours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            Key = Console.IsInputRedirected ? () => null : () => Console.KeyAvailable ? Console.ReadKey(intercept: true).KeyChar : null,
            Size = () => (Math.Max(Console.WindowWidth, 40), Math.Max(Console.WindowHeight, 10)),
        };
    }

    private static TextWriter RedirectedOutput()
    {
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

        // Console's own stream swallows a closed pipe, and `watch | head -1` would never end. A file is another matter: whoever
        // else writes to it must be appended to, not written over.
        return stream.CanSeek ? Console.Out : new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
    }
}
