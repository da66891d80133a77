using KickMonitor.Benchmarks;
using KickMonitor.Benchmarks.Yardsticks;

switch (args.FirstOrDefault())
{
    case BareStack.Name:
        return await BareStack.RunAsync(args[1..]);
    case BareWebhooks.Name:
        return await BareWebhooks.RunAsync(args[1..]);
    case BarePoll.Name:
        return await BarePoll.RunAsync(args[1..]);
    default:
        return await CommandLine.RunAsync(args);
}
