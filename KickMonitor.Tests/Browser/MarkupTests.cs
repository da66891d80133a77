using Microsoft.Playwright;

namespace KickMonitor.Tests.Browser;

/// <summary>Whatever somebody once wrote into a field is text on every page that shows it.</summary>
[Collection(nameof(Browser))]
public sealed class MarkupTests(Site site)
{
    private const string Markup = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>";

    private const string Harmed = "() => window.pwned === 1 || document.querySelector('img[src=x]') !== null";

    [Fact]
    public async Task Stored_markup_is_shown_as_text_on_every_page()
    {
        var streamer = site.Server.Kick.World.Streamers[10];
        await site.Server.RunAsync("users", "create", "--email", "planted@example.com", "--role", "user", "--name", Markup, "--password", RunningServer.Password);
        await site.Server.RunAsync("users", "assign", "planted@example.com", streamer.Slug);
        await site.Server.RunAsync("tokens", "create", "--user", RunningServer.AdminEmail, "--name", Markup);
        await site.Server.RunAsync("streamers", "note", streamer.Slug, Markup);
        await site.Server.RunAsync("streamers", "pause", streamer.Slug);
        await site.ExecuteAsync("UPDATE streamers SET display_name = $1, title = $1, category = $1, language = $1, status = 'live', viewers = 5, version = nextval('changes') WHERE slug = $2", Markup, streamer.Slug);
        await site.ExecuteAsync("UPDATE users SET display_name = $1 WHERE email = $2", Markup, RunningServer.AdminEmail);
        await site.ExecuteAsync("INSERT INTO backups (node, file, started_at, problem) VALUES ($1, $1, now(), $1)", Markup);
        await site.ExecuteAsync("INSERT INTO setting_changes (key, after, at, by) VALUES ('Kick:PublicKey', $1, now(), $1)", Markup);
        await site.ExecuteAsync("INSERT INTO feature_flags (name, is_on, percentage, streamers, version, changed_at, changed_by) VALUES ('handlers.supporters', true, 100, '{}', 1, now(), $1) ON CONFLICT (name) DO UPDATE SET changed_by = $1", Markup);
        await site.ExecuteAsync("INSERT INTO audit (at, actor, via, verb, subject_id, subject, before, after) VALUES (now(), $1, $1, 'user.changed', 'x', $1, jsonb_build_object('name', $1::text), jsonb_build_object('name', $1::text || '2'))", Markup);
        await site.ExecuteAsync(
            "INSERT INTO sign_ins (id, user_id, at, outcome, address, agent, last_seen_at) SELECT gen_random_uuid(), id, now(), 'signed_in', left($1, 60), $1, now() FROM users WHERE email = $2", Markup, RunningServer.AdminEmail);
        await site.ExecuteAsync("SELECT pg_notify('kickmonitor', t) FROM unnest(ARRAY['board', 'flags', 'rights']) t");
        try
        {
            await using var window = await site.OpenAsync();
            await window.SignInAsync();
            await window.GoAsync("/admin/users?q=planted@example.com");
            string user = await window.Page.GetByRole(AriaRole.Link, new() { Name = "planted@example.com" }).GetAttributeAsync("href") ?? string.Empty;
            string[] pages = [.. PageAccessTests.Pages.Keys.Select(p => PageAccessTests.AddressOf(p, site)), user, "/admin/users?q=planted", $"/streamers/{streamer.Slug}", $"/admin/streamers/{streamer.Slug}", "/?view=cards"];

            // Otherwise the story would prove nothing.
            string[] shows = ["/admin/audit", "/admin/users?q=planted", "/admin/configuration", "/admin/flags", "/admin/health", "/settings/tokens", "/settings/security", "/admin/streamers", $"/streamers/{streamer.Slug}"];
            foreach (string page in pages.Distinct(StringComparer.Ordinal))
            {
                await window.Page.GotoAsync(page, new() { WaitUntil = WaitUntilState.Load });
                if ((page.StartsWith("/admin", StringComparison.Ordinal) && page != "/admin/links") || page.StartsWith("/streamers", StringComparison.Ordinal) || page[1..] is "" or "events" or "?view=cards")
                {
                    await RunningServer.EventuallyAsync(async () => await window.Page.Locator("main").GetAttributeAsync("data-interactive") == "true", $"{page} answers to clicks");
                }

                (await window.Page.EvaluateAsync<bool>(Harmed)).ShouldBeFalse(page);
                if (shows.Contains(page))
                {
                    await RunningServer.EventuallyAsync(async () => (await window.Page.Locator("body").InnerTextAsync()).Contains("<img src=x", StringComparison.Ordinal), $"{page} shows it");
                    (await window.Page.EvaluateAsync<bool>(Harmed)).ShouldBeFalse(page);
                }
            }
        }
        finally
        {
            await site.ExecuteAsync("DELETE FROM backups WHERE node = $1", Markup);
            await site.ExecuteAsync("DELETE FROM feature_flags WHERE changed_by = $1", Markup);
            await site.ExecuteAsync("DELETE FROM sign_ins WHERE agent = $1", Markup);
            await site.ExecuteAsync("UPDATE users SET display_name = NULL WHERE display_name = $1", Markup);
            await site.Server.RunAsync("streamers", "resume", streamer.Slug);
        }
    }
}
