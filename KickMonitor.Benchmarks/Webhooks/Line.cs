using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KickMonitor.Benchmarks.Webhooks;

/// <summary>One connection that sends a request and reads its answer, by hand: a full HTTP client would cost more than what it measures.</summary>
internal sealed class Line : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[4096];

    public static async Task<Line> OpenAsync(Uri server, CancellationToken ct)
    {
        var line = new Line();
        await line._socket.ConnectAsync(IPAddress.Loopback, server.Port, ct);
        return line;
    }

    /// <returns>The status. An answer has no body.</returns>
    public async ValueTask<int> SendAsync(byte[] request, CancellationToken ct)
    {
        await _socket.SendAsync(request, ct);
        int length = 0;
        while (true)
        {
            int read = await _socket.ReceiveAsync(_buffer.AsMemory(length), ct);
            if (read == 0)
            {
                throw new IOException("The server hung up.");
            }

            length += read;
            if (_buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
            {
                return int.Parse(Encoding.ASCII.GetString(_buffer, 9, 3), System.Globalization.CultureInfo.InvariantCulture);
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
