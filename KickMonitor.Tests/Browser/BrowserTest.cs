using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace KickMonitor.Tests.Browser;

/// <summary>One Chromium and one server for all stories that need eyes.</summary>
public sealed class Site(Postgres postgres) : IAsyncLifetime
{
    /// <summary>In milliseconds. How fast pages are is measured elsewhere: a busy machine fails no story.</summary>
    private const float Patience = 60_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string _database = string.Empty;

    public RunningServer Server { get; private set; } = default!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(isEmpty: false);
        Server = await RunningServer.StartAsync(_database, settings: new Dictionary<string, string> { ["ConnectionStrings__Owner"] = postgres.OwnerOf(_database) });
        await Server.RunAsync(["streamers", "add", .. Server.Kick.World.Streamers.Select(s => s.Slug)]);
        await Server.RunAsync("users", "create", "--email", "viewer@example.com", "--role", "viewer", "--password", RunningServer.Password);
        await Server.RunAsync("users", "create", "--email", "user@example.com", "--role", "user", "--password", RunningServer.Password);
        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = File.Exists("/usr/bin/chromium") ? "/usr/bin/chromium" : "/usr/bin/google-chrome",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A fresh browser window of somebody who is not signed in.</summary>
    public async Task<Window> OpenAsync(int width = 1440, int height = 900, bool scripts = true, string locale = "en-US", string host = "127.0.0.1")
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            JavaScriptEnabled = scripts,
            Locale = locale,
            BaseURL = new UriBuilder(Server.Address) { Host = host }.Uri.ToString(),
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(Patience);
        return new Window(context, await context.NewPageAsync(), Server);
    }

    /// <summary>Changes what no page changes, such as the past.</summary>
    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_database);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        foreach (object parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        await Server.DisposeAsync();
    }
}

/// <summary>One person's browser window, and everything it complained about.</summary>
public sealed class Window : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly IBrowserContext _context;
    private readonly RunningServer _server;
    private readonly int _said;

    public Window(IBrowserContext context, IPage page, RunningServer server)
    {
        (_context, Page, _server, _said) = (context, page, server, server.Output.Length);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !message.Text.Contains("404", StringComparison.Ordinal) && !message.Text.Contains("403", StringComparison.Ordinal))
            {
                _complaints.Enqueue($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue($"{page.Url}: {error}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("http://127.0.0.1", StringComparison.Ordinal) && !request.Url.StartsWith("http://localhost", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
            {
                _complaints.Enqueue($"{page.Url} asked {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What the page itself complains about. Banners above it tell of the whole place, and other stories bring them about.</summary>
    public ILocator Problem => Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Alert);

    public IReadOnlyCollection<string> Complaints => _complaints;

    public async Task SignInAsync(string email = RunningServer.AdminEmail, string password = RunningServer.Password)
    {
        await Page.GotoAsync("/signin");
        await Page.GetByLabel("E-mail").FillAsync(email);
        await Page.GetByLabel("Password").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    /// <summary>Opens an interactive page and waits until it is one: clicks before that are lost.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await Page.Locator("main[data-interactive=true]").WaitForAsync();
    }

    /// <summary>Keeps a picture, wide and narrow, for whoever wants to look: where TEST_PICTURES says.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("TEST_PICTURES") is not { Length: > 0 } folder)
        {
            return;
        }

        foreach (int width in new[] { 390, 1440 })
        {
            await Page.SetViewportSizeAsync(width, 900);
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{width}.png"), FullPage = true });
        }
    }

    public ILocator Row(string slug) => Page.Locator($"tr[data-slug='{slug}']");

    /// <summary>Leaves what the server said meanwhile, and where the page ended, with the story, which shows it if it ended badly.</summary>
    public async ValueTask DisposeAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(_server.Output[_said..]);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Page.Url}\n{string.Join('\n', _complaints)}\n{await ShownAsync()}");
        await _context.DisposeAsync();
    }

    private async Task<string> ShownAsync()
    {
        var text = Page.EvaluateAsync<string>("() => document.getElementById('components-reconnect-modal')?.className + '\\n' + document.body.innerText.slice(0, 500)");
        try
        {
            return await text.WaitAsync(TimeSpan.FromSeconds(2));
        }
        catch (Exception e) when (e is TimeoutException or PlaywrightException)
        {
            return $"The page does not answer: {e.Message}";
        }
    }
}

[CollectionDefinition(nameof(Browser))]
public sealed class BrowserCollection : ICollectionFixture<Site>;
