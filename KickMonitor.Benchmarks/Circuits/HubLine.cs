using System.Net.WebSockets;
using System.Text;

namespace KickMonitor.Benchmarks.Circuits;

/// <summary>One listener of a SignalR hub that counts what it is told.</summary>
internal sealed class HubLine : ILine
{
    private static readonly byte[] Handshake = Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}\u001e");
    private static readonly byte[] Ping = Encoding.UTF8.GetBytes("{\"type\":6}\u001e");
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _receiving = Task.CompletedTask;

    public static async Task<HubLine> OpenAsync(Uri hub, Action onMessage, CancellationToken ct)
    {
        var line = new HubLine();
        await line._socket.ConnectAsync(new UriBuilder(hub) { Scheme = "ws" }.Uri, ct);
        await line._socket.SendAsync(Handshake, WebSocketMessageType.Text, endOfMessage: true, ct);
        line._receiving = line.ReceiveAsync(onMessage);
        return line;
    }

    public Task PingAsync(CancellationToken ct) => _socket.SendAsync(Ping, WebSocketMessageType.Text, endOfMessage: true, ct);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _receiving;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
        }

        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ReceiveAsync(Action onMessage)
    {
        byte[] buffer = new byte[32 * 1024];
        while (!_stop.IsCancellationRequested)
        {
            var received = await _socket.ReceiveAsync(buffer.AsMemory(), _stop.Token);
            if (received.EndOfMessage && received.Count > 100)
            {
                onMessage();
            }
        }
    }
}
