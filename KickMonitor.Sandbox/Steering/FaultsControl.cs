namespace KickMonitor.Sandbox;

internal static class FaultsControl
{
    public static void MapFaultsControl(this IEndpointRouteBuilder control)
    {
        control.MapGet("/faults", (Faults faults) => FaultsView.Of(faults));
        control.MapPost("/faults", Add);
        control.MapPatch("/faults", (FaultsChange change, Faults faults) =>
        {
            change.Apply(faults);
            return FaultsView.Of(faults);
        });
        control.MapDelete("/faults", (Faults faults) => faults.Clear());
        control.MapDelete("/faults/{id:int}", (int id, Faults faults) => faults.Remove(id) ? Results.NoContent() : Results.NotFound());
    }

    private static IResult Add(NewFault asked, Faults faults, TimeProvider time) => asked.Check() is { } error
        ? Results.Json(new { error }, statusCode: 400)
        : Results.Ok(FaultView.Of(faults.Add(asked.ToFault(time.GetUtcNow()))));
}

internal sealed record NewFault(
    FaultKind Kind, EndpointGroup? Group, double? Probability, int? Count, double? DelaySeconds, string? RetryAfter, double? RetryAfterDate, long? Size)
{
    public string? Check()
    {
        if (Probability is < 0 or > 1)
        {
            return "A probability is from 0 to 1.";
        }

        if (Count < 1 || Size < 1 || DelaySeconds is < 0 or > 86_400)
        {
            return "Count and size are from 1 up, a delay from 0 to 86400 seconds.";
        }

        return RetryAfter?.Any(char.IsControl) is true || RetryAfter?.All(char.IsAscii) is false ? "Retry-After cannot go into a header." : null;
    }

    public Fault ToFault(DateTimeOffset now)
    {
        var usual = new Fault(Kind);
        return usual with
        {
            Group = Group ?? usual.Group,
            Probability = Probability ?? usual.Probability,
            Count = Count,
            Delay = DelaySeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : usual.Delay,
            RetryAfter = RetryAfterDate is { } after
                ? now.AddSeconds(after).ToString("R", System.Globalization.CultureInfo.InvariantCulture)
                : RetryAfter,
            Size = Size ?? usual.Size,
        };
    }
}

internal sealed record FaultView(int Id, FaultKind Kind, EndpointGroup Group, double Probability, int? Count, double DelaySeconds, string? RetryAfter, long Size)
{
    public static FaultView Of(Fault f) => new(f.Id, f.Kind, f.Group, f.Probability, f.Count, f.Delay.TotalSeconds, f.RetryAfter, f.Size);
}
