using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage.Embedded;
using KickMonitor.Sandbox;
using KickMonitor.Tests.Domain.Linking;
using Npgsql;

namespace KickMonitor.Tests.Browser;

/// <summary>
/// One person uses everything that is secret, at the real program, which logs all it can. Then every place from which somebody
/// could read is searched for every secret.
/// </summary>
public sealed class SilenceTests(Postgres postgres)
{
    private const string Email = "secretive@example.com";

    // The log that is written ahead is that of all tests, so what is looked for must be nobody else's.
    private const string Password = "marker of a first password";
    private const string NewPassword = "marker of a changed password";
    private static readonly string[] Pages = ["/", "/settings/profile", "/settings/links", "/settings/security", "/settings/tokens", "/settings/data.json", "/events"];
    private static readonly string[] AdminPages = ["/admin/links", "/admin/streamers", "/admin/webhooks", "/metrics"];
    private static readonly string[] Answers = ["/api/v1/streamers", "/api/v1/events", "/api/v1/status", "/api/v1/users", "/openapi/v1.json"];
    private readonly Dictionary<string, string> _secrets = new(StringComparer.Ordinal);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_secret_is_in_a_dump_the_write_ahead_log_the_log_a_trace_a_page_an_answer_or_the_metrics()
    {
        string database = await postgres.CreateDatabaseAsync(isEmpty: false);
        await using var collector = await TraceCollector.StartAsync();
        string from = await ScalarAsync(database, "SELECT pg_current_wal_lsn()::text");
        await using var server = await RunningServer.StartAsync(database, new SandboxOptions { Streamers = 12, Live = 0, ClientSecret = "marker-of-a-client-secret" }, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KICKMONITOR_ADMIN_PASSWORD"] = Password,
            ["LOG_LEVEL"] = "Trace",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["Logging__LogLevel__Microsoft"] = "Trace",
            ["Logging__LogLevel__Npgsql"] = "Trace",
            ["Logging__LogLevel__System"] = "Trace",
            ["Logging__LogLevel__Microsoft.EntityFrameworkCore"] = "Trace",
        });
        await server.RunAsync("users", "create", "--email", Email, "--role", "user", "--password", Password);
        using var person = new Visitor(server.Address);
        using var admin = new Visitor(server.Address);
        await admin.SignInAsync(RunningServer.AdminEmail, Password);
        await UseEverythingAsync(server, person);
        await ComeInAsync(server);

        var places = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string page in Pages.Concat(AdminPages))
        {
            places[page] = await (await (Pages.Contains(page) ? person : admin).GetAsync(page)).Content.ReadAsByteArrayAsync(Ct);
        }

        using var program = new HttpClient { BaseAddress = server.Address };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await server.RunAsync("tokens", "create", "--user", RunningServer.AdminEmail, "--name", "reader"));
        foreach (string answer in Answers)
        {
            places[answer] = await program.GetByteArrayAsync(new Uri(answer, UriKind.Relative), Ct);
        }

        places["links list"] = Encoding.UTF8.GetBytes(await server.RunAsync("links", "list", "--json"));
        places["tokens list"] = Encoding.UTF8.GetBytes(await server.RunAsync("tokens", "list", "--json"));

        // What it has not sent yet it sends at its end.
        (await server.StopAsync()).ShouldBe(0);
        places["traces"] = collector.Sent;
        places["log"] = Encoding.UTF8.GetBytes(server.Output);
        places["dump"] = await DumpAsync(database);
        foreach (var (name, bytes) in await WrittenAheadAsync(postgres.OwnerOf(database), from))
        {
            places[name] = bytes;
        }

        _secrets["password"] = Password;
        _secrets["client secret"] = server.Kick.ClientSecret;
        foreach (string secret in server.Kick.Grants.EverySecret)
        {
            _secrets[$"Kick's {secret[..4]}…"] = secret;
        }

        _secrets.Count.ShouldBeGreaterThan(19, "everything was used");
        Encoding.UTF8.GetString(places["dump"]).ShouldContain(Email, Case.Sensitive, "the dump is one of this database");
        Encoding.UTF8.GetString(places["log"]).ShouldContain("trce: ", Case.Sensitive, "the log holds all it can");
        Holds(places["traces"], "HttpRequestIn").ShouldBeTrue("requests are traced");
        Holds(places["traces"], "DELETE FROM link_attempts").ShouldBeTrue("so is what the database was asked on the way back");
        places.Keys.Count(k => k.StartsWith("WAL", StringComparison.Ordinal)).ShouldBeGreaterThan(0);
        places.Where(p => p.Key.StartsWith("WAL", StringComparison.Ordinal)).Any(p => Holds(p.Value, Email)).ShouldBeTrue("what was written went through that log");
        (from place in places from secret in _secrets where Holds(place.Value, secret.Value) select $"{secret.Key} in {place.Key}").ShouldBeEmpty();
    }

    private async Task UseEverythingAsync(RunningServer server, Visitor person)
    {
        await person.PostFormAsync("/signin", "/signin", ("Input.Email", Email), ("Input.Password", _secrets["mistyped password"] = "marker of a mistyped password"));
        await person.SignInAsync(Email, Password);

        // A link: made, made again in vain, refreshed, failed to refresh.
        var start = await person.StartAsync("kick");
        _secrets["state"] = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(start.Headers.Location!.Query)["state"].ToString();
        _secrets["browser's secret"] = start.Headers.GetValues("Set-Cookie").Single(c => c.Contains("link=", StringComparison.Ordinal)).Split('=', ';')[1];
        var callback = await Consent.AllowAsync(start.Headers.Location, server.Kick.World.Streamers[2].Id);
        var back = await person.GetAsync(callback.ToString());
        back.StatusCode.ShouldBe(HttpStatusCode.SeeOther, $"{await back.Content.ReadAsStringAsync(Ct)}\n{string.Join('\n', server.Output.Split('\n').Where(l => l.StartsWith("fail", StringComparison.Ordinal)).TakeLast(20))}");
        back.Headers.Location!.ToString().ShouldBe("/settings/links?linked=kick");
        await person.GetAsync(callback.ToString());
        var denied = await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, server.Kick.World.Streamers[3].Id);
        await person.GetAsync(denied.ToString());
        string link = $"kick:{server.Kick.World.Streamers[2].Id}";
        await server.RunAsync("links", "refresh", link);
        server.Kick.Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);
        await server.RunAsync("links", "refresh", link);
        server.Kick.Faults.Add(FaultKind.InternalServerError, EndpointGroup.Token, count: 1);
        await person.PostFormAsync("/settings/links", "/settings/links");

        // A token, a second step with its codes, another password.
        string created = await (await person.PostFormAsync("/settings/tokens", "/settings/tokens", ("New.Name", "marker"), ("New.Scopes", "read"), ("New.Days", "30"), ("New.Password", Password))).Content.ReadAsStringAsync(Ct);
        _secrets["API token"] = TextOf(created, ".secret code")[0];
        await server.RunAsync("tokens", "list");
        using (var program = new HttpClient { BaseAddress = server.Address })
        {
            program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _secrets["API token"]);
            (await program.GetAsync(new Uri("/api/v1/streamers", UriKind.Relative), Ct)).EnsureSuccessStatusCode();
            await program.GetAsync(new Uri("/hubs/live?access_token=" + _secrets["API token"], UriKind.Relative), Ct);
        }

        string setUp = await (await SecurityAsync(person, "starting", ("Starting.Password", Password))).Content.ReadAsStringAsync(Ct);
        _secrets["authenticator key"] = TextOf(setUp, ".secret code")[0].Replace(" ", string.Empty, StringComparison.Ordinal);
        string confirmed = await (await SecurityAsync(person, "confirm", ("Code.Proof", ValueOf(setUp, "Code.Proof")), ("Code.Code", Totp.CodeAt(_secrets["authenticator key"], DateTimeOffset.UtcNow)))).Content.ReadAsStringAsync(Ct);
        var codes = TextOf(confirmed, ".codes code");
        codes.Count.ShouldBe(10);
        for (int i = 0; i < codes.Count; i++)
        {
            _secrets[$"recovery code {i}"] = codes[i];
        }

        await SecurityAsync(person, "password", ("Password.Current", Password), ("Password.New", _secrets["new password"] = NewPassword));
        _secrets["session"] = person.Session;

        // Of what ended, only Kick's deaf ear keeps something for a while.
        server.Kick.Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token, count: 4);
        await server.RunAsync("links", "revoke", link);
    }

    /// <summary>By a link that opens once, and by a password that somebody else made.</summary>
    private async Task ComeInAsync(RunningServer server)
    {
        const string email = "let-in@example.com";
        string created = await server.RunAsync("users", "create", "--email", email, "--role", "user", "--invite", "--json");
        string welcome = new Uri(JsonDocument.Parse(created).RootElement.GetProperty("entryLink").GetString()!).PathAndQuery;
        _secrets["code of a one-time link"] = welcome.Split('=')[1];
        using var person = new Visitor(server.Address);
        string done = await (await person.PostFormAsync(welcome, welcome, ("Input.Password", _secrets["password by a link"] = "marker of a password by a link"))).Content.ReadAsStringAsync(Ct);
        done.ShouldContain("Sign in with it now.");
        string reset = await server.RunAsync("users", "reset-password", email, "--temporary", "--json");
        _secrets["temporary password"] = JsonDocument.Parse(reset).RootElement.GetProperty("password").GetString()!;
        await person.SignInAsync(email, _secrets["temporary password"]);
        await SecurityAsync(person, "password", ("Password.Current", _secrets["temporary password"]), ("Password.New", _secrets["password after a temporary one"] = "marker of a password after that"));
    }

    private static Task<HttpResponseMessage> SecurityAsync(Visitor person, string form, params (string, string)[] fields) =>
        person.PostFormAsync("/settings/security", "/settings/security", [.. fields, ("_handler", form)]);

    private static string ValueOf(string html, string field) =>
        new AngleSharp.Html.Parser.HtmlParser().ParseDocument(html).QuerySelector($"input[name='{field}']")!.GetAttribute("value")!;

    private static List<string> TextOf(string html, string selector) =>
        [.. new AngleSharp.Html.Parser.HtmlParser().ParseDocument(html).QuerySelectorAll(selector).Select(e => e.TextContent)];

    private static bool Holds(byte[] place, string secret) => place.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0;

    private static async Task<byte[]> DumpAsync(string database)
    {
        var to = new NpgsqlConnectionStringBuilder(database);
        var start = new ProcessStartInfo(Path.Combine(PostgresBinaries.Find()!.Folder, "pg_dump"), ["--inserts", "-h", to.Host!, "-p", to.Port.ToString(), "-U", to.Username!, to.Database!]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["PGPASSWORD"] = to.Password;
        using var process = Process.Start(start)!;
        using var dump = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(dump, Ct);
        await process.WaitForExitAsync(Ct);
        process.ExitCode.ShouldBe(0);

        // Bytes are dumped as hexadecimal digits; they are searched as what they are.
        string text = Encoding.UTF8.GetString(dump.ToArray());
        foreach (System.Text.RegularExpressions.Match hex in System.Text.RegularExpressions.Regex.Matches(text, @"\\x(?<hex>([0-9a-f]{2})+)", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(20)))
        {
            dump.Write(Convert.FromHexString(hex.Groups["hex"].Value));
        }

        return dump.ToArray();
    }

    private static async Task<List<(string Name, byte[] Bytes)>> WrittenAheadAsync(string database, string from)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(
            "SELECT name, pg_read_binary_file('pg_wal/' || name) FROM pg_ls_waldir() WHERE name BETWEEN pg_walfile_name($1::pg_lsn) AND pg_walfile_name(pg_current_wal_lsn())", connection);
        command.Parameters.AddWithValue(NpgsqlTypes.NpgsqlDbType.Text, from);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var segments = new List<(string, byte[])>();
        while (await reader.ReadAsync(Ct))
        {
            segments.Add(("WAL " + reader.GetString(0), reader.GetFieldValue<byte[]>(1)));
        }

        return segments;
    }

    private static async Task<string> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync(Ct))!;
    }
}
