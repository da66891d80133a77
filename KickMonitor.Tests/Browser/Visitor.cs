using System.Net;

namespace KickMonitor.Tests.Browser;

/// <summary>A browser without eyes: cookies and forms, and no redirect followed.</summary>
internal sealed class Visitor(Uri site) : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private HttpClient? _http;

    public string Session => _cookies.GetCookies(site)["kickmonitor"]!.Value;

    private HttpClient Http => _http ??= new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies, AllowAutoRedirect = false }) { BaseAddress = site };

    public string? Cookie(string name) => _cookies.GetCookies(site)[name]?.Value;

    public void SetCookie(string name, string value) => _cookies.Add(site, new Cookie(name, value));

    /// <summary>Somebody who is made for the story, unless they are there already.</summary>
    public static async Task<Visitor> SignedInAsync(Site site, string email)
    {
        if (!(await site.Server.RunAsync("users", "list", "--json")).Contains($"\"{email}\"", StringComparison.Ordinal))
        {
            await site.Server.RunAsync("users", "create", "--email", email, "--role", "user", "--password", RunningServer.Password);
        }

        var visitor = new Visitor(site.Server.Address);
        await visitor.SignInAsync(email);
        return visitor;
    }

    public void Dispose() => _http?.Dispose();

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string address) => Http.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute));

    public Task<HttpResponseMessage> GetAsync(string address, string session)
    {
        _cookies.Add(site, new Cookie("kickmonitor", session));
        return GetAsync(address);
    }

    public async Task<HttpResponseMessage> PostAsync(string address, List<KeyValuePair<string, string>> fields, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(fields) };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Http.SendAsync(request);
    }

    public async Task SignInAsync(string email, string password = RunningServer.Password)
    {
        var answer = await PostFormAsync("/signin", "/signin", ("Input.Email", email), ("Input.Password", password));
        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> StartAsync(string provider, params (string Name, string Value)[] headers) => StartAsync(provider, null, headers);

    public async Task<HttpResponseMessage> StartAsync(string provider, string? returnUrl, params (string Name, string Value)[] headers)
    {
        var fields = await FormAsync("/settings/links");
        if (returnUrl is not null)
        {
            fields.Add(new("returnUrl", returnUrl));
        }

        return await PostAsync($"/connect/{provider}", fields, headers);
    }

    /// <summary>Sends a form with the token, and the name if there is one, that the page carries.</summary>
    public async Task<HttpResponseMessage> PostFormAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        var all = (await FormAsync(page)).Where(t => !fields.Any(f => f.Name == t.Key)).ToList();
        all.AddRange(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await PostAsync(action, all);
    }

    public async Task<HttpResponseMessage> UploadAsync(string page, string form, string field, byte[] file)
    {
        using var content = new MultipartFormDataContent
        {
            { new StringContent((await FormAsync(page)).Single(t => t.Key == "__RequestVerificationToken").Value), "__RequestVerificationToken" },
            { new StringContent(form), "_handler" },
            { new ByteArrayContent(file), field, "a file" },
        };
        return await Http.PostAsync(new Uri(page, UriKind.Relative), content);
    }

    /// <summary>What the page's form sends by itself.</summary>
    public async Task<List<KeyValuePair<string, string>>> FormAsync(string page)
    {
        var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(await (await GetAsync(page)).Content.ReadAsStringAsync());
        return [.. document.QuerySelectorAll("input[name=__RequestVerificationToken], input[name=_handler]").Select(i => KeyValuePair.Create(i.GetAttribute("name")!, i.GetAttribute("value")!)).DistinctBy(f => f.Key)];
    }
}
