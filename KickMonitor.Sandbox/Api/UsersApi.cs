namespace KickMonitor.Sandbox;

internal static class UsersApi
{
    private const int MostAtOnce = 50;

    public static void MapUsers(this IEndpointRouteBuilder api) =>
        api.MapGet("/public/v1/users", Get).InGroup(EndpointGroup.Users);

    private static IResult Get(HttpRequest request, RestView rest)
    {
        if (!request.Query.ContainsKey("id"))
        {
            // Without ids it means the token's user, and an app has none.
            return Answer.Unauthorized();
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
