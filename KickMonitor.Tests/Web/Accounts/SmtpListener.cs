using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KickMonitor.Tests.Web.Accounts;

/// <summary>A small mail server that keeps what it is given, and can be told to refuse.</summary>
public sealed class SmtpListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public SmtpListener()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Each with its envelope's recipient and all that came as data.</summary>
    public ConcurrentQueue<(string To, string Text)> Mails { get; } = new();

    /// <summary>Whoever signed in, as user and password.</summary>
    public ConcurrentQueue<(string User, string Password)> SignIns { get; } = new();

    public bool WantsSignIn { get; set; }

    /// <summary>Says to every recipient that there is no such mailbox.</summary>
    public bool KnowsNobody { get; set; }

    /// <summary>Takes the connection and says nothing.</summary>
    public bool IsSilent { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = TalkAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                if (IsSilent)
                {
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                }

                using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
                await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
                await writer.WriteLineAsync("220 listener");
                string to = string.Empty;
                while (await reader.ReadLineAsync(_stop.Token) is { } line)
                {
                    switch (line.Split(' ')[0].ToUpperInvariant())
                    {
                        case "EHLO":
                            await writer.WriteLineAsync(WantsSignIn ? "250-listener\r\n250 AUTH LOGIN" : "250 listener");
                            break;
                        case "AUTH":
                            await SignInAsync(line, reader, writer);
                            break;
                        case "RCPT":
                            to = line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];
                            await writer.WriteLineAsync(KnowsNobody ? "550 no such mailbox" : "250 ok");
                            break;
                        case "DATA":
                            await writer.WriteLineAsync("354 go on");
                            Mails.Enqueue((to, await ReadTextAsync(reader)));
                            await writer.WriteLineAsync("250 taken");
                            break;
                        case "QUIT":
                            await writer.WriteLineAsync("221 bye");
                            return;
                        default:
                            await writer.WriteLineAsync("250 ok");
                            break;
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
            }
        }
    }

    private async Task SignInAsync(string line, StreamReader reader, StreamWriter writer)
    {
        string[] words = line.Split(' ');
        string user = words.Length > 2 ? words[2] : await AskAsync("VXNlcm5hbWU6");
        string password = await AskAsync("UGFzc3dvcmQ6");
        SignIns.Enqueue((Plain(user), Plain(password)));
        await writer.WriteLineAsync("235 welcome");

        async Task<string> AskAsync(string question)
        {
            await writer.WriteLineAsync("334 " + question);
            return await reader.ReadLineAsync(_stop.Token) ?? string.Empty;
        }

        static string Plain(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));
    }

    private async Task<string> ReadTextAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { } line && line != ".")
        {
            text.AppendLine(line);
        }

        // What is longer than a line comes in pieces that end with =.
        return text.ToString().Replace("=\r\n", string.Empty, StringComparison.Ordinal).Replace("=\n", string.Empty, StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
    }
}
