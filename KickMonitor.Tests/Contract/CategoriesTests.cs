namespace KickMonitor.Tests.Contract;

public sealed class CategoriesTests : ContractTest
{
    [Fact]
    public async Task Version_2_takes_lists_with_commas()
    {
        var reply = await GetAsync("/public/v2/categories?id=14,64");

        reply.Data.EnumerateArray().Select(c => c.GetProperty("name").GetString()).ShouldBe(["Dota 2", "VALORANT"]);
        reply.Data[0].GetProperty("tags")[0].GetString().ShouldBe("MOBA");
        reply.Data[0].TryGetProperty("viewer_count", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Version_2_pages_by_25_unless_told_otherwise()
    {
        var first = await GetAsync("/public/v2/categories");
        var cursor = first.Json.GetProperty("pagination").GetProperty("next_cursor").GetString()!;
        var second = await GetAsync($"/public/v2/categories?cursor={cursor}");

        first.Data.GetArrayLength().ShouldBe(25);
        cursor.Length.ShouldBeGreaterThanOrEqualTo(4);
        second.Data[0].GetProperty("id").GetInt32().ShouldBeGreaterThan(first.Data[24].GetProperty("id").GetInt32());
        second.Json.GetProperty("pagination").GetProperty("next_cursor").GetString().ShouldBe("");
    }

    [Theory]
    [InlineData("/public/v2/categories?limit=1001")]
    [InlineData("/public/v2/categories?cursor=abc")]
    [InlineData("/public/v2/categories?id=dota")]
    [InlineData("/public/v1/categories")]
    [InlineData("/public/v1/categories?q=dota&page=0")]
    public async Task What_cannot_be_read_is_refused(string path) => (await GetAsync(path)).Status.ShouldBe(400);

    [Fact]
    public async Task Version_1_searches_and_counts_viewers()
    {
        Lana();

        (await GetAsync("/public/v1/categories?q=dota")).Only.GetProperty("id").GetInt32().ShouldBe(14);
        (await GetAsync("/public/v1/categories/14")).Data.GetProperty("viewer_count").GetInt32().ShouldBe(412);
        (await GetAsync("/public/v1/categories/3")).Status.ShouldBe(404);
    }
}
