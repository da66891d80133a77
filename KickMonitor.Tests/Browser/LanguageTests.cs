using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class LanguageTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task A_browser_that_asks_for_Spanish_gets_it_before_and_after_signing_in_and_in_everything_drawn_later()
    {
        var streamer = _world.Streamers[6];
        await using var window = await site.OpenAsync(locale: "es-ES");
        await window.Page.GotoAsync("/signin");
        await Expect(window.Page.Locator("html")).ToHaveAttributeAsync("lang", "es");
        await window.Page.GetByLabel("Correo electrónico").FillAsync(RunningServer.AdminEmail);
        await window.Page.GetByLabel("Contraseña").FillAsync(RunningServer.Password);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Entrar" }).ClickAsync();
        await window.GoAsync("/");
        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("desconectado");

        _world.GoLive(streamer.Id, viewers: 4321, title: "hola");

        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("en directo");
        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("4.321");
        await Expect(window.Row(streamer.Slug).Locator(".c-checked")).ToContainTextAsync("sondeo");
        (await window.Page.TitleAsync()).ShouldContain("en directo)");
        _world.EndStream(streamer.Id);
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_language_of_the_profile_goes_before_the_browsers()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync("user@example.com");
        await window.Page.GotoAsync("/settings/profile");
        await window.Page.Locator("select[name='Input.Language']").SelectOptionAsync("es");
        await window.Page.Locator("section[aria-labelledby=you] button[type=submit]").ClickAsync();
        await window.GoAsync("/");
        await Expect(window.Page.GetByText("No tienes streamers asignados")).ToBeVisibleAsync();

        await window.Page.GotoAsync("/settings/profile");
        await window.Page.Locator("select[name='Input.Language']").SelectOptionAsync("");
        await window.Page.Locator("section[aria-labelledby=you] button[type=submit]").ClickAsync();
        await window.GoAsync("/");
        await Expect(window.Page.GetByText("No streamers are assigned to you")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_was_typed_wrong_is_told_in_the_readers_language()
    {
        await using var window = await site.OpenAsync(locale: "es-ES", scripts: false);
        await window.Page.GotoAsync("/signin");
        await window.Page.GetByLabel("Correo electrónico").FillAsync("nobody@example.com");
        await window.Page.GetByLabel("Contraseña").FillAsync("wrong");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Entrar" }).ClickAsync();

        await Expect(window.Problem).ToContainTextAsync("no corresponden");
    }
}
