using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KickMonitor.Benchmarks.Circuits;

/// <summary>
/// One open page without a browser: fetches it, attaches to its circuit as blazor.web.js does, confirms each render batch, and
/// tells Virtualize that 22 rows can be seen, which keeps 30 with those around them.
/// </summary>
internal sealed partial class Circuit : ILine
{
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Action<byte[]> _onBatch;
    private readonly TaskCompletionSource _drawn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _receiving = Task.CompletedTask;
    private int _calls;
    private long _page;

    private Circuit(Action<byte[]> onBatch) => _onBatch = onBatch;

    public static async Task<Circuit> OpenAsync(HttpClient http, CookieContainer cookies, Uri page, Action<byte[]> onBatch, CancellationToken ct)
    {
        string html = await http.GetStringAsync(page, ct);
        var circuit = new Circuit(onBatch);
        var origin = new Uri(page.GetLeftPart(UriPartial.Authority));
        circuit._socket.Options.Cookies = cookies;

        // Every browser offers it; what it costs is the server's choice.
        circuit._socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        circuit._socket.Options.SetRequestHeader("Origin", page.GetLeftPart(UriPartial.Authority));
        await circuit._socket.ConnectAsync(new UriBuilder(origin) { Scheme = "ws", Path = "/_blazor" }.Uri, ct);
        await circuit.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"), ct);
        circuit._receiving = circuit.ReceiveAsync();
        string state = State().Match(html) is { Success: true } match ? match.Groups["state"].Value : string.Empty;
        await circuit.InvokeAsync("StartCircuit", answered: true, $"{origin}", $"{page}", "[]", state);
        await circuit.InvokeAsync("UpdateRootComponents", answered: false, Roots(html), state);
        await circuit._drawn.Task.WaitAsync(TimeSpan.FromSeconds(30), ct);
        return circuit;
    }

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
        _sending.Dispose();
    }

    /// <summary>Tells the page that its tab cannot be seen, or can again.</summary>
    public Task HideAsync(bool hidden) => InvokeAsync("BeginInvokeDotNetFromJS", answered: false, "2", null, "SetHidden", _page, hidden ? "[true]" : "[false]");

    public Task PingAsync(CancellationToken ct) => SendAsync(new PackWriter().Array(1).Value(6).ToFrame(), ct);

    private static string Roots(string html)
    {
        var operations = new JsonArray();
        foreach (Match match in Marker().Matches(html))
        {
            var marker = JsonNode.Parse(match.Groups["json"].Value)!;
            if ((string?)marker["type"] == "server")
            {
                operations.Add(new JsonObject { ["type"] = "add", ["ssrComponentId"] = operations.Count + 1, ["marker"] = marker });
            }
        }

        return new JsonObject { ["batchId"] = 1, ["operations"] = operations }.ToJsonString();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[256 * 1024];
        int filled = 0;
        bool hasShakenHands = false;
        while (!_stop.IsCancellationRequested)
        {
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var received = await _socket.ReceiveAsync(buffer.AsMemory(filled), _stop.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                throw new WebSocketException("The server closed a circuit.");
            }

            filled += received.Count;
            int start = 0;
            if (!hasShakenHands)
            {
                start = Array.IndexOf(buffer, (byte)0x1E, 0, filled) + 1;
                hasShakenHands = start > 0;
            }

            while (hasShakenHands && Next(buffer.AsSpan(start, filled - start)) is { Taken: > 0 } next)
            {
                start += next.Taken;
                await HandleAsync(next.Message);
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }
    }

    private static (int Taken, object?[] Message) Next(ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        for (int i = 0; i < bytes.Length && i < 5; i++)
        {
            length |= (bytes[i] & 0x7F) << (7 * i);
            if ((bytes[i] & 0x80) == 0)
            {
                return bytes.Length < i + 1 + length ? (0, []) : (i + 1 + length, (object?[])new PackReader(bytes.Slice(i + 1, length)).Read()!);
            }
        }

        return (0, []);
    }

    private async Task HandleAsync(object?[] message)
    {
        if (message is not [1L, _, _, string target, object?[] args, ..])
        {
            return;
        }

        switch (target)
        {
            case "JS.RenderBatch":
                await InvokeAsync("OnRenderCompleted", answered: false, args[0], null);
                _onBatch((byte[])args[1]!);
                _drawn.TrySetResult();
                break;
            case "JS.BeginInvokeJS":
                await AnswerAsync((long)args[0]!, (string)args[1]!, (string)args[2]!, (long)args[3]!);
                break;
            case "JS.Error":
                throw new InvalidOperationException($"A circuit failed: {args[0]}");
        }
    }

    /// <summary>Every call of a script succeeds; only Virtualize gets a real answer.</summary>
    private async Task AnswerAsync(long id, string function, string args, long resultType)
    {
        if (id != 0)
        {
            // A reference to an object, or nothing.
            string result = resultType == 1 ? $"{{\"__jsObjectId\":{id}}}" : "null";
            await InvokeAsync("EndInvokeJSFromDotNet", answered: false, id, true, $"[{id},true,{result}]");
        }

        if (function == "watch")
        {
            _page = (long)JsonNode.Parse(args)![0]!["__dotNetObject"]!;
        }

        if (function.EndsWith("Virtualize.init", StringComparison.Ordinal))
        {
            long component = (long)JsonNode.Parse(args)![0]!["__dotNetObject"]!;
            await InvokeAsync("BeginInvokeDotNetFromJS", answered: false, "1", null, "OnSpacerBeforeVisible", component, "[0,0,880]");
        }
    }

    private Task InvokeAsync(string target, bool answered, params object?[] args)
    {
        var writer = new PackWriter().Array(6).Value(1).EmptyMap().Value(answered ? $"{Interlocked.Increment(ref _calls)}" : null).Value(target).Array(args.Length);
        foreach (object? arg in args)
        {
            writer.Value(arg);
        }

        return SendAsync(writer.Array(0).ToFrame(), _stop.Token);
    }

    private async Task SendAsync(byte[] frame, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            await _socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        finally
        {
            _sending.Release();
        }
    }

    [GeneratedRegex("<!--Blazor:(?<json>\\{.*?\\})-->", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marker();

    [GeneratedRegex("<!--Blazor-Server-Component-State:(?<state>.*?)-->", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex State();
}
