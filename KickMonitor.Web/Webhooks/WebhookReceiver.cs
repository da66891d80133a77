using System.Runtime.CompilerServices;
using System.Text;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace KickMonitor.Web.Webhooks;

/// <summary>
/// Takes in what Kick delivers: limits first, then the signature over the bytes as they came, then storage, and only when that is
/// durable the 200. Knows no cookies, no people and no content.
/// </summary>
internal sealed class WebhookReceiver(SigningKey key, Inbox inbox, WebhookCounts counts, TimeProvider time)
{
    public const int LargestBody = 1024 * 1024;
    private const int LongestSignature = 1024;
    private const string RetryAfterSeconds = "5";

    public async Task ReceiveAsync(HttpContext context)
    {
        int status;
        try
        {
            status = await JudgeAsync(context.Request, context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            // The body is larger than announced, breaks off, or comes too slowly.
            status = e.StatusCode;
        }
        catch (IOException)
        {
            status = StatusCodes.Status400BadRequest;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        counts.Count(status);
        if (context.Response.HasStarted)
        {
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentLength = 0;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }
        else if (status == StatusCodes.Status405MethodNotAllowed)
        {
            context.Response.Headers.Allow = HttpMethods.Post;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> JudgeAsync(HttpRequest request, CancellationToken ct)
    {
        if (!HttpMethods.IsPost(request.Method))
        {
            return StatusCodes.Status405MethodNotAllowed;
        }

        if (!IsJson(request))
        {
            return StatusCodes.Status415UnsupportedMediaType;
        }

        if (request.ContentLength > LargestBody)
        {
            return StatusCodes.Status413PayloadTooLarge;
        }

        if (WebhookHeaders.Read(request.Headers) is not { } headers)
        {
            return StatusCodes.Status400BadRequest;
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = LargestBody;
        }

        var receivedAt = time.GetUtcNow();
        var signed = new SignedBytes(headers, (int?)request.ContentLength);
        if (!await signed.ReadAsync(request.Body, ct))
        {
            return StatusCodes.Status413PayloadTooLarge;
        }

        return await VerifyAsync(headers, signed, ct) switch
        {
            SignatureVerdict.Genuine => await StoreAsync(headers, signed.Body, receivedAt) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            SignatureVerdict.Forged => StatusCodes.Status401Unauthorized,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
    }

    private static bool IsJson(HttpRequest request) =>
        request.ContentType is { } type && IsJson(type.AsSpan())
        && (request.Headers.ContentEncoding is [] or [null or "" or "identity"]);

    private static bool IsJson(ReadOnlySpan<char> type)
    {
        int end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase);
    }

    private ValueTask<SignatureVerdict> VerifyAsync(WebhookHeaders headers, SignedBytes signed, CancellationToken ct)
    {
        // What is no Base64 is no signature; without a key, though, nothing is judged.
        string text = headers.Signature.Length <= LongestSignature && !headers.Signature.AsSpan().ContainsAny(" \t\r\n") ? headers.Signature : string.Empty;
        byte[] signature = new byte[text.Length / 4 * 3];
        int length = Convert.TryFromBase64String(text, signature, out int written) ? written : 0;
        return key.VerifyAsync(signed.All, signature.AsMemory(0, length), ct);
    }

    private ValueTask<bool> StoreAsync(WebhookHeaders headers, ReadOnlyMemory<byte> body, DateTimeOffset receivedAt) => inbox.StoreAsync(new Delivery
    {
        MessageId = headers.MessageId,
        SubscriptionId = headers.SubscriptionId,
        Type = headers.Type,
        Version = headers.Version,
        SentAt = headers.SentAt,
        ReceivedAt = receivedAt,
        BroadcasterUserId = Delivery.BroadcasterOf(body.Span),
        Body = body,
    });

    /// <summary>Id, timestamp and body in one stretch of memory, as they are signed.</summary>
    private sealed class SignedBytes
    {
        /// <summary>A length that is only announced gets no more memory than this.</summary>
        private const int Believed = 16 * 1024;
        private const int Unannounced = 4096;

        private readonly int? _announced;
        private readonly int _start;
        private byte[] _buffer;
        private int _length;

        public SignedBytes(WebhookHeaders headers, int? announced)
        {
            // Header strings are Latin-1 or ASCII; both are checked to be ASCII.
            int prefix = headers.MessageId.Length + headers.Timestamp.Length + 2;
            _announced = announced;
            _buffer = GC.AllocateUninitializedArray<byte>(prefix + Math.Min(announced ?? Unannounced, Believed));
            int at = Encoding.ASCII.GetBytes(headers.MessageId, _buffer);
            _buffer[at++] = (byte)'.';
            at += Encoding.ASCII.GetBytes(headers.Timestamp, _buffer.AsSpan(at));
            _buffer[at++] = (byte)'.';
            _start = _length = at;
        }

        public ReadOnlyMemory<byte> All => _buffer.AsMemory(0, _length);

        public ReadOnlyMemory<byte> Body => _buffer.AsMemory(_start, _length - _start);

        /// <returns>False if there is more than allowed.</returns>
        public async ValueTask<bool> ReadAsync(Stream body, CancellationToken ct)
        {
            while (_length - _start != _announced)
            {
                if (_length == _buffer.Length)
                {
                    Array.Resize(ref _buffer, Math.Min(_length * 2, _start + (_announced ?? LargestBody + 1)));
                }

                int read = await body.ReadAsync(_buffer.AsMemory(_length), ct);
                if (read == 0)
                {
                    return true;
                }

                _length += read;
                if (_length - _start > LargestBody)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
