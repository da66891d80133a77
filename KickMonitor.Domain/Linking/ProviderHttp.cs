using System.Text.Json;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Linking;

/// <param name="Trouble">Why there is no answer to read; null if there is one.</param>
public sealed record ProviderAnswer(int Status, JsonElement Body, string? Trouble, TimeSpan? RetryAfter = null)
{
    /// <summary>The provider may have done what it was asked, and only its answer is missing.</summary>
    public bool MayBeLost { get; init; }

    public bool IsOk => Trouble is null && Status is >= 200 and < 300;

    public string? Error => Body.Text("error", LongestName + 1) is not { } name ? null
        : name.Length <= LongestName && !name.AsSpan().ContainsAnyExcept(InNames) ? name : "an error without a name";

    private const int LongestName = 40;

    // No digits: a provider that quotes a token where the name belongs is not quoted here.
    private static readonly System.Buffers.SearchValues<char> InNames = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_ .-");

    /// <summary>For people: a status and a short error name, nothing else that the provider sent.</summary>
    public string Reason => Trouble ?? $"{Status} {Error}".TrimEnd();
}

/// <summary>Asks providers: ten seconds, 64 KiB, no redirects, no cookies, one try.</summary>
public sealed class ProviderHttp(HttpClient http, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const int LargestAnswer = 64 * 1024;
    private const int LongestReason = 100;

    public static HttpClient Client()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(4),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        };
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("KickMonitor/" + BuildInfo.Version);
        return client;
    }

    public async Task<ProviderAnswer> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        using (request)
        {
            try
            {
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
                return Judge(response, await ReadAsync(response.Content, deadline.Token));
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return Nothing("no answer in time");
            }
            catch (HttpRequestException e)
            {
                bool wasSent = e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError);
                return Nothing("the connection failed") with { MayBeLost = wasSent };
            }
            catch (IOException)
            {
                return Nothing("the answer broke off");
            }
            catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
            {
                // Compressed, it says, and is not: each way of compressing says so in its own way.
                return Nothing("the answer cannot be decoded");
            }
        }
    }

    private static ProviderAnswer Nothing(string trouble) => new(0, default, trouble) { MayBeLost = true };

    private ProviderAnswer Judge(HttpResponseMessage response, byte[]? body)
    {
        int status = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        if (status is 429 or >= 500)
        {
            return new ProviderAnswer(status, default, LenientJson.Storable($"{status} {response.ReasonPhrase}", LongestReason), retryAfter);
        }

        if (status is >= 300 and < 400)
        {
            return new ProviderAnswer(status, default, $"{status}, a redirection where data was expected");
        }

        if (body is null)
        {
            return new ProviderAnswer(status, default, $"{status} with too long an answer");
        }

        // A firewall's page is no answer of the provider's, whatever its status.
        if (response.Content.Headers.ContentType?.MediaType is "text/html")
        {
            return new ProviderAnswer(status, default, $"{status}, a web page where data was expected") { MayBeLost = status < 300 };
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return new ProviderAnswer(status, document.RootElement.Clone(), null, retryAfter);
        }
        catch (JsonException)
        {
            // A bare status still says something: 200 to a revocation, an empty 400 to a refresh.
            return new ProviderAnswer(status, default, null, retryAfter);
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken ct)
    {
        var buffer = new byte[LargestAnswer + 1];
        int length = 0;
        await using var stream = await content.ReadAsStreamAsync(ct);
        while (length < buffer.Length)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), ct);
            if (read == 0)
            {
                return buffer[..length];
            }

            length += read;
        }

        return null;
    }
}
