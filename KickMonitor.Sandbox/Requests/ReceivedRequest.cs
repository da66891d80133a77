namespace KickMonitor.Sandbox;

public sealed class ReceivedRequest(string method, string path, string query, string endpoint, DateTimeOffset at)
{
    public string Method { get; } = method;
    public string Path { get; } = path;
    public string Query { get; } = query;

    /// <summary>The route, with names for the parts that vary.</summary>
    public string Endpoint { get; } = endpoint;

    public DateTimeOffset At { get; } = at;

    /// <summary>Null while it is being answered.</summary>
    public int? Status { get; internal set; }
}
