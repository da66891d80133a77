namespace KickMonitor.Sandbox;

internal sealed record GroupMetadata(EndpointGroup Group, bool Limited);

internal static class GroupMetadataConventions
{
    public static TBuilder InGroup<TBuilder>(this TBuilder endpoint, EndpointGroup group, bool limited = true)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new GroupMetadata(group, limited));
}
