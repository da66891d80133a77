using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace KickMonitor.Benchmarks.Machinery;

/// <summary>A server process under measurement, on a loopback port.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process _process;
    private readonly long _startedAt;

    private Server(Process process, Uri address, long startedAt) => (_process, Address, _startedAt) = (process, address, startedAt);

    public Uri Address { get; }

    public int ProcessId => _process.Id;

    public static Server Start(string program, IEnumerable<string> args, IReadOnlyDictionary<string, string> settings)
    {
        int port = FreePort();
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetDirectoryName(program)!,
            Environment = { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}", ["LOG_LEVEL"] = "Warning", ["DOTNET_ENVIRONMENT"] = "Production" },
        };
        Tune(start);
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        long startedAt = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is { Length: > 0 } line && !line.Contains("\"LogLevel\":\"Information\"", StringComparison.Ordinal))
            {
                Report.Say("    " + line[..Math.Min(line.Length, 300)]);
            }
        };
        process.BeginOutputReadLine();
        return new Server(process, new Uri($"http://127.0.0.1:{port}"), startedAt);
    }

    /// <exception cref="InvalidOperationException">The process has ended.</exception>
    public void ThrowIfGone()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"The server under measurement ended with status {_process.ExitCode}.");
        }
    }

    /// <summary>What the product's start script sets; both sides of a comparison get it.</summary>
    public static void Tune(ProcessStartInfo start)
    {
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_GCgen0size"] = "400000";
        start.Environment["MALLOC_ARENA_MAX"] = "2";

        // Where this one has its framework from, the other finds it, too.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
    }

    /// <returns>How long after its start the process first answered this path with 200.</returns>
    public async Task<TimeSpan> AnswersAsync(string path, CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
        while (true)
        {
            ThrowIfGone();
            try
            {
                using var response = await http.GetAsync(path, ct);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    _ = await response.Content.ReadAsByteArrayAsync(ct);
                    return Stopwatch.GetElapsedTime(_startedAt);
                }
            }
            catch (HttpRequestException) when (!_process.HasExited && Stopwatch.GetElapsedTime(_startedAt) < TimeSpan.FromMinutes(2))
            {
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var end = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
