using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace KickMonitor.Tests.Web.Hubs;

/// <summary>A hub client that speaks SignalR's JSON protocol by hand.</summary>
internal sealed class HubConnection : IAsyncDisposable
{
    private const char End = '\u001e';
    private readonly ClientWebSocket _socket = new();
    private readonly Channel<(string Target, JsonElement Argument)> _messages = Channel.CreateUnbounded<(string, JsonElement)>();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _receiving = Task.CompletedTask;

    /// <summary>Ends when the server has closed the connection.</summary>
    public Task Closed => _receiving;

    public static async Task<HubConnection> OpenAsync(Uri address, string? token, bool inQuery = false, Action<ClientWebSocketOptions>? options = null)
    {
        var connection = new HubConnection();
        if (token is not null && !inQuery)
        {
            connection._socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        }

        connection._socket.Options.CollectHttpResponseDetails = true;
        options?.Invoke(connection._socket.Options);
        var hub = new UriBuilder(address) { Scheme = "ws", Path = "/hubs/live", Query = inQuery ? "access_token=" + token : null }.Uri;
        try
        {
            await connection._socket.ConnectAsync(hub, CancellationToken.None);
        }
        catch (WebSocketException e)
        {
            throw new HubRefusedException((int)connection._socket.HttpStatusCode, e);
        }

        await connection.SendAsync("{\"protocol\":\"json\",\"version\":1}");
        connection._receiving = connection.ReceiveAsync();

        // Calls are answered once the hub has let the connection in, also those to nothing.
        await connection.SendAsync("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Nothing\",\"arguments\":[]}");
        await connection._joined.Task.WaitAsync(TimeSpan.FromSeconds(15));
        return connection;
    }

    public async Task SendAsync(string message) =>
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public async Task<(string Target, JsonElement Argument)> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        return await _messages.Reader.ReadAsync(patience.Token);
    }

    /// <summary>The next message of this name; others are skipped.</summary>
    public async Task<JsonElement> NextAsync(string target)
    {
        while (true)
        {
            var (name, argument) = await NextAsync();
            if (name == target)
            {
                return argument;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _receiving;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[4096];
        var text = new StringBuilder();
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, _stop.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                text.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
                string all = text.ToString();
                int end = all.LastIndexOf(End) + 1;
                text.Remove(0, end);
                foreach (string message in all[..end].Split(End, StringSplitOptions.RemoveEmptyEntries))
                {
                    Take(JsonDocument.Parse(message).RootElement);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
        }
        finally
        {
            _messages.Writer.TryComplete();
        }
    }

    private void Take(JsonElement message)
    {
        const int invocation = 1;
        const int completion = 3;
        int type = message.TryGetProperty("type", out var value) ? value.GetInt32() : 0;
        if (type == completion)
        {
            message.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
            _joined.SetResult();
        }
        else if (type == invocation)
        {
            _messages.Writer.TryWrite((message.GetProperty("target").GetString()!, message.GetProperty("arguments")[0]));
        }
    }
}

internal sealed class HubRefusedException(int status, Exception inner) : Exception($"The hub answered {status}.", inner)
{
    public int Status => status;
}
