namespace KickMonitor.Web.Cli;

/// <summary>Warnings and worse, one line each, on stderr like every other trouble.</summary>
internal sealed class CliLog(Output output) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string text = formatter(state, exception);
            output.Error(exception is null ? $"{text}." : $"{text}: {exception.Message}", null);
        }
    }

    public void Dispose()
    {
        // The streams belong to the terminal.
    }
}
