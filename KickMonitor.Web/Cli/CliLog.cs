using System.Collections.Concurrent;

namespace KickMonitor.Web.Cli;

/// <summary>Warnings and worse, one line each and each once, on stderr like every other trouble.</summary>
internal sealed class CliLog(Output output) : ILoggerProvider, ILogger
{
    private readonly ConcurrentDictionary<string, bool> _said = new(StringComparer.Ordinal);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string text = formatter(state, exception);
            string line = exception is null ? $"{text.TrimEnd('.')}." : $"{text}: {exception.Message}";
            if (_said.TryAdd(line, true))
            {
                output.Warning(line);
            }
        }
    }

    public void Dispose()
    {
        // The streams belong to the terminal.
    }
}
