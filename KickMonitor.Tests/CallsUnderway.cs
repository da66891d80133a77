using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace KickMonitor.Tests;

/// <summary>How many calls of this process's HTTP clients have no answer yet, by the port that they go to: those too that nobody has received.</summary>
internal static class CallsUnderway
{
    private static readonly ConcurrentDictionary<int, long> _underway = new();
    private static readonly Lazy<MeterListener> _listener = new(Listen);

    /// <summary>Before the first call is made, so that none is missed.</summary>
    public static void Watch() => _ = _listener.Value;

    public static bool AnyTo(Uri address) => _underway.GetValueOrDefault(address.Port) > 0;

    private static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, change, tags, _) =>
        {
            foreach (var (name, value) in tags)
            {
                if (name == "server.port" && value is int port)
                {
                    _underway.AddOrUpdate(port, change, (_, before) => before + change);
                }
            }
        });
        listener.Start();
        return listener;
    }
}
