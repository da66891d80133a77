using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Sandbox;

/// <summary>The envelopes of api.kick.com.</summary>
internal static class Answer
{
    private static readonly object Nothing = new();

    public static IResult Ok<T>(T data) => Json(new Envelope<T>(data, "OK"), 200);

    public static IResult Page<T>(T data, string nextCursor) => Json(new PagedEnvelope<T>(data, "OK", new Pagination(nextCursor)), 200);

    public static IResult InvalidRequest() => Json(new Envelope<object>(Nothing, "Invalid request"), 400);

    /// <summary>A refusal with its reason where the data would be.</summary>
    public static IResult BadRequest(string reason) => Json(new Envelope<string>(reason, "Bad request"), 400);

    public static IResult Unauthorized() => Json(new Envelope<object>(Nothing, "Unauthorized"), 401);

    public static IResult Forbidden() => Json(new Envelope<object>(Nothing, "Forbidden"), 403);

    public static IResult NotFound() => Json(new Bare("Not Found"), 404);

    private static JsonHttpResult<T> Json<T>(T body, int status) => TypedResults.Json(body, KickJson.Options, "application/json", status);

    private sealed record Envelope<T>(T Data, string Message);

    private sealed record PagedEnvelope<T>(T Data, string Message, Pagination Pagination);

    private sealed record Pagination(string NextCursor);

    private sealed record Bare(string Message);
}
