using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace KickMonitor.Web.Api;

/// <summary>
/// What a request says of the state that it was decided by (RFC 9110, 13.1.1): the ETag that was read, several, or * for whatever
/// is there. A parameter of endpoints that say <see cref="EntityTags.TakesIfMatch"/>.
/// </summary>
public sealed class IfMatch
{
    private readonly Func<string?, bool> _allows;

    private IfMatch(Func<string?, bool> allows) => _allows = allows;

    /// <summary>False: what it says is no list of ETags, and nothing matches it.</summary>
    public bool IsReadable { get; private init; } = true;

    public static ValueTask<IfMatch> BindAsync(HttpContext context) => ValueTask.FromResult(Of([.. context.Request.Headers.IfMatch.OfType<string>()]));

    /// <param name="stamp">Null: there is nothing.</param>
    public bool Allows(string? stamp) => _allows(stamp);

    /// <param name="told">Who was first.</param>
    public static ProblemHttpResult Failed(string told) => TypedResults.Problem(told, statusCode: StatusCodes.Status412PreconditionFailed);

    private static IfMatch Of(string[] said)
    {
        if (said.Length == 0)
        {
            return new IfMatch(_ => true);
        }

        if (!EntityTagHeaderValue.TryParseStrictList(said, out var tags))
        {
            return new IfMatch(_ => false) { IsReadable = false };
        }

        // Weak ones do not promise that nothing changed.
        var stamps = tags.Where(t => !t.IsWeak).Select(t => t.Tag.ToString().Trim('"')).ToHashSet(StringComparer.Ordinal);
        bool isAnything = tags.Contains(EntityTagHeaderValue.Any);
        return new IfMatch(stamp => stamp is not null && (isAnything || stamps.Contains(stamp)));
    }
}

internal static class EntityTags
{
    /// <summary>The endpoint changes nothing if the request's If-Match names another state than the one that is there.</summary>
    public static RouteHandlerBuilder TakesIfMatch(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(new TakesIfMatch()).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status412PreconditionFailed).AddEndpointFilter(RefuseUnreadableAsync);

    /// <summary>Tells under which name the state that is answered may be changed.</summary>
    public static void SetETag(this HttpResponse response, string? stamp) => response.Headers.ETag = $"\"{stamp}\"";

    private static ValueTask<object?> RefuseUnreadableAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next) =>
        call.Arguments.OfType<IfMatch>().All(m => m.IsReadable)
            ? next(call)
            : ValueTask.FromResult<object?>(TypedResults.Problem("If-Match must be an ETag as it was answered, in double quotes, several with commas between, or *.", statusCode: StatusCodes.Status400BadRequest));
}

internal sealed class TakesIfMatch;
