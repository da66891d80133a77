using System.Runtime.InteropServices;

namespace KickMonitor.Sandbox;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var line = CommandLine.Parse(args);
        if (line.Error is { } error)
        {
            await Console.Error.WriteLineAsync(error);
            return 2;
        }

        if (line.WantsHelp)
        {
            Console.WriteLine(CommandLine.Help);
            return 0;
        }

        var stop = new TaskCompletionSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await using var sandbox = await SandboxServer.StartAsync(line.Options);
            if (!line.Quiet)
            {
                Greet(sandbox);
            }

            await stop.Task;
            return 0;
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.TrySetResult();
        }
    }

    private static void Greet(SandboxServer sandbox)
    {
        Console.WriteLine($"Kick, more or less, at {sandbox.BaseAddress}");
        Console.WriteLine($"Steer it at {sandbox.BaseAddress}sandbox");
        Console.WriteLine($"Client id {sandbox.ClientId}, client secret {sandbox.ClientSecret}");
        Console.WriteLine($"{sandbox.World.Count} streamers, {sandbox.World.Streamers.Count(s => s.IsLive)} live");
    }
}
