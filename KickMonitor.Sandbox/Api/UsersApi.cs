namespace KickMonitor.Sandbox;

internal static class UsersApi
{
    private const int MostAtOnce = 50;

    public static void MapUsers(this IEndpointRouteBuilder api) =>
        api.MapGet("/public/v1/users", Get).InGroup(EndpointGroup.Users);

    private static IResult Get(HttpRequest request, RestView rest, KickGrants grants)
    {
        if (!request.Query.ContainsKey("id"))
        {
            // Without ids it means the token's user, and an app has none.
            return grants.Find(BearerToken.Read(request)) is { } grant && rest.Find(grant.UserId) is { } self
                ? Answer.Ok(new[] { new User(self.Id, self.Name, $"{self.Slug}@example.com", new PictureAddresses(request).OfUser(self), Experiment.Of(self)) })
                : Answer.Unauthorized();
        }

        if (request.Query.Ids("id", MostAtOnce) is not { } ids)
        {
            return Answer.InvalidRequest();
        }

        var pictures = new PictureAddresses(request);
        var users = ids.Select(rest.Find).OfType<Streamer>();
        return Answer.Ok(users.Select(s => new User(s.Id, s.Name, "", pictures.OfUser(s), Experiment.Of(s))).ToArray());
    }

    private sealed record User(long UserId, string Name, string Email, string ProfilePicture, Experiment Experiment);
}
