using System.Net;
using System.Net.Sockets;
using KickMonitor.Domain;

namespace KickMonitor.Web.Pictures;

/// <summary>Asks other servers for pictures: known hosts only, no redirects, not long, not much, and nothing on this network.</summary>
public sealed class PictureSource : IDisposable
{
    public const int MostBytes = 1024 * 1024;
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly PictureHosts _hosts;
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly HttpClient _http;

    public PictureSource(PictureHosts hosts, TimeProvider time)
        : this(hosts, time, Dns.GetHostAddressesAsync)
    {
    }

    internal PictureSource(PictureHosts hosts, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (_hosts, _time, _resolve) = (hosts, time, resolve);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            MaxConnectionsPerServer = 4,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = ConnectAsync,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("KickMonitor/" + BuildInfo.Version);
        _http.DefaultRequestHeaders.Accept.ParseAdd("image/webp,image/png,image/jpeg,image/gif");
    }

    public async Task<FetchPicture> FetchAsync(string address, CancellationToken ct)
    {
        if (_hosts.Allowed(address) is not { } uri)
        {
            return new FetchPicture.Refused(PictureRefusal.HostNotAllowed);
        }

        using var patience = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        try
        {
            using var answer = await _http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await ReadAsync(answer, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return new FetchPicture.Refused(PictureRefusal.TooSlow);
        }
        catch (HttpRequestException e)
        {
            return new FetchPicture.Refused(e.InnerException is PrivateAddressException ? PictureRefusal.PrivateAddress : PictureRefusal.Unreachable);
        }
        catch (IOException)
        {
            return new FetchPicture.Refused(PictureRefusal.Unreachable);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<FetchPicture> ReadAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        if ((int)answer.StatusCode is >= 300 and < 400)
        {
            return new FetchPicture.Refused(PictureRefusal.Redirected);
        }

        if (!answer.IsSuccessStatusCode)
        {
            bool isGone = answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden;
            return new FetchPicture.Refused(isGone ? PictureRefusal.NotFound : PictureRefusal.Unreachable);
        }

        if (answer.Content.Headers.ContentLength > MostBytes)
        {
            return new FetchPicture.Refused(PictureRefusal.TooLarge);
        }

        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        using var bytes = new MemoryStream();
        byte[] part = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(part, ct)) > 0;)
        {
            if (bytes.Length + read > MostBytes)
            {
                return new FetchPicture.Refused(PictureRefusal.TooLarge);
            }

            bytes.Write(part, 0, read);
        }

        return Picture.Of(bytes.ToArray()) is { } picture ? new FetchPicture.Fetched(picture) : new FetchPicture.Refused(PictureRefusal.NotAPicture);
    }

    /// <summary>The addresses that are checked are the ones that are connected to: a name cannot mean something else in between.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var target = context.DnsEndPoint;
        var addresses = await _resolve(target.Host, ct);
        if (!_hosts.MayBePrivate(context.InitialRequestMessage.RequestUri!))
        {
            addresses = Array.FindAll(addresses, a => !PictureHosts.IsPrivate(a));
            if (addresses.Length == 0)
            {
                throw new PrivateAddressException();
            }
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class PrivateAddressException() : IOException("The name leads to an address that is not public.");
}
