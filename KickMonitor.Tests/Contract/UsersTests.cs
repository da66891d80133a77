namespace KickMonitor.Tests.Contract;

public sealed class UsersTests : ContractTest
{
    [Fact]
    public async Task The_user_name_is_not_the_slug_and_the_mail_is_nobodys_business()
    {
        var lana = Lana();

        var user = (await GetAsync($"/public/v1/users?id={lana.Id}")).Only;

        user.GetProperty("user_id").GetInt64().ShouldBe(lana.Id);
        user.GetProperty("name").GetString().ShouldBe("Lana_Lantern");
        user.GetProperty("email").GetString().ShouldBe("");
    }

    [Fact]
    public async Task The_picture_is_served_from_here()
    {
        var lana = Lana();
        var address = (await GetAsync($"/public/v1/users?id={lana.Id}")).Only.GetProperty("profile_picture").GetString()!;

        new Uri(address).Authority.ShouldBe(Sandbox.BaseAddress.Authority);
        var picture = await GetAsync(address);
        picture.Status.ShouldBe(200);
        picture.ContentType.ShouldBe("image/svg+xml; charset=utf-8");
    }

    [Fact]
    public async Task Unknown_ids_are_left_out() => (await GetAsync("/public/v1/users?id=1&id=2")).ShouldBe(200, """{"data":[],"message":"OK"}""");

    [Fact]
    public async Task Fifty_at_once_and_no_more()
    {
        (await GetAsync($"/public/v1/users?{Repeated("id", 50)}")).Status.ShouldBe(200);
        (await GetAsync($"/public/v1/users?{Repeated("id", 51)}")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task An_app_is_no_user() => (await GetAsync("/public/v1/users")).Status.ShouldBe(401);

    [Fact]
    public async Task An_unknown_route_is_not_found() => (await GetAsync("/public/v1/followers")).ShouldBe(404, """{"message":"Not Found"}""");
}
