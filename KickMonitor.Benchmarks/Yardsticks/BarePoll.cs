using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks.Yardsticks;

/// <summary>The least that polling can cost: the same calls at the same pace in a process of its own, parsed and forgotten.</summary>
internal sealed class BarePoll : IAsyncDisposable
{
    public const string Name = "bare-poll";

    private const int Interval = 15;
    private readonly Process _process;
    private readonly SandboxServer _kick;

    private BarePoll(Process process, SandboxServer kick) => (_process, _kick) = (process, kick);

    public int ProcessId => _process.Id;

    /// <summary>Polls a world of its own, so that its calls are not counted as the product's.</summary>
    public static async Task<BarePoll> StartAsync(SandboxOptions world, CancellationToken ct)
    {
        var kick = await SandboxServer.StartAsync(world, ct: ct);
        var start = new ProcessStartInfo("dotnet", [Environment.GetCommandLineArgs()[0], Name, kick.BaseAddress.ToString(), kick.ClientId, kick.ClientSecret])
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        Server.Tune(start);
        var process = Process.Start(start)!;
        foreach (var streamer in kick.World.Streamers)
        {
            await process.StandardInput.WriteLineAsync($"{streamer.Id}".AsMemory(), ct);
        }

        process.StandardInput.Close();
        return new BarePoll(process, kick);
    }

    public static async Task<int> RunAsync(string[] args)
    {
        var ids = new List<string>();
        while (await Console.In.ReadLineAsync() is { } id)
        {
            ids.Add(id);
        }

        using var http = new HttpClient { BaseAddress = new Uri(args[0]) };
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", args[1]), new("client_secret", args[2])]);
        using var answer = await http.PostAsync(new Uri("oauth/token", UriKind.Relative), form);
        using var token = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.RootElement.GetProperty("access_token").GetString());

        string[] calls = [.. ids.Chunk(100).Select(some => "public/v1/users/livestreams?user_id=" + string.Join("&user_id=", some)), "public/v1/channels?broadcaster_user_id=" + string.Join("&broadcaster_user_id=", ids.Take(50))];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Interval / (double)calls.Length));
        for (int i = 0; await timer.WaitForNextTickAsync(); i++)
        {
            await using var body = await http.GetStreamAsync(new Uri(calls[i % calls.Length], UriKind.Relative));
            using var read = await JsonDocument.ParseAsync(body);
        }

        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _kick.DisposeAsync();
    }
}
