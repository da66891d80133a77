using System.Net;
using static KickMonitor.Tests.Browser.RunningServer;

namespace KickMonitor.Tests.Browser;

/// <summary>What an operator does to the program: starts, stops, kills it, and gives it bad settings.</summary>
public sealed class LifeTests(Postgres postgres)
{
    [Fact]
    public async Task Killed_with_its_embedded_database_it_picks_up_where_it_was()
    {
        await using var server = await StartAsync(database: null);
        var streamer = server.Kick.World.Streamers[0];
        await server.RunAsync("streamers", "add", streamer.Slug);

        server.Kill();
        await server.StartAgainAsync();

        (await server.RunAsync("streamers", "list", "--json")).ShouldContain($"\"{streamer.Slug}\"");
        (await server.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Another_master_key_is_refused_in_words()
    {
        string database = await postgres.CreateDatabaseAsync(isEmpty: false);
        await using (await StartAsync(database))
        {
        }

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(database));
        refused.Message.ShouldContain("master key");
    }

    [Fact]
    public async Task Two_nodes_start_together_on_an_empty_database_and_know_of_each_other()
    {
        string database = await postgres.CreateDatabaseAsync(isEmpty: true);
        string key = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["KICKMONITOR_MASTER_KEY"] = key };
        var starting = new[] { StartAsync(database, settings: settings), StartAsync(database, settings: settings) };
        var servers = await Task.WhenAll(starting);
        await using var one = servers[0];
        await using var two = servers[1];
        string token = await one.RunAsync("tokens", "create", "--user", AdminEmail, "--name", "test");

        foreach (var server in servers)
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);
            await EventuallyAsync(
                async () => System.Text.Json.JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative))).RootElement.GetProperty("nodes").GetArrayLength() == 2,
                "both nodes are listed");
        }
    }

    [Fact]
    public async Task Without_an_Admin_the_set_up_page_wants_the_code_from_the_log_and_works_once()
    {
        await using var server = await StartAsync(await postgres.CreateDatabaseAsync(isEmpty: false), settings: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KICKMONITOR_ADMIN_EMAIL"] = string.Empty,
            ["KICKMONITOR_ADMIN_PASSWORD"] = string.Empty,
        });
        string code = After(server.Output, "enter the code ", 19);
        code.ShouldNotBeEmpty();
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };

        (await PostAsync(http, "0000-0000-0000-0000")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RunAsync("users", "list", "--json")).ShouldNotContain("first@example.com");
        (await PostAsync(http, code)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        (await server.RunAsync("users", "list", "--json")).ShouldContain("first@example.com");
        var again = await http.GetAsync(new Uri("/setup", UriKind.Relative));
        again.Headers.Location!.ToString().ShouldEndWith("/signin");
    }

    private static string After(string text, string marker, int length)
    {
        int at = text.IndexOf(marker, StringComparison.Ordinal);
        at.ShouldBeGreaterThan(0, $"{marker} in {text}");
        return text.Substring(at + marker.Length, length);
    }

    private static string Between(string text, string start, string end)
    {
        string rest = text[(text.IndexOf(start, StringComparison.Ordinal) + start.Length)..];
        return rest[..rest.IndexOf(end, StringComparison.Ordinal)];
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string code)
    {
        string page = await http.GetStringAsync(new Uri("/setup", UriKind.Relative));
        string antiforgery = Between(page, "name=\"__RequestVerificationToken\" value=\"", "\"");
        using var form = new FormUrlEncodedContent(
        [
            new("_handler", "setup"),
            new("__RequestVerificationToken", antiforgery),
            new("Input.Code", code),
            new("Input.Email", "first@example.com"),
            new("Input.Password", Password),
        ]);
        return await http.PostAsync(new Uri("/setup", UriKind.Relative), form);
    }
}
