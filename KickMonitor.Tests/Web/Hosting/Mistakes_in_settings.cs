using KickMonitor.Web.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace KickMonitor.Tests.Web.Hosting;

public sealed class Mistakes_in_settings
{
    [Theory]
    [InlineData("PORT", "abc")]
    [InlineData("PORT", "99999")]
    [InlineData("PORT", "-1")]
    [InlineData("Kick:ClientId", "half of the credentials")]
    [InlineData("Kick:ClientSecret", "the other half")]
    [InlineData("Admin:Email", "somebody@example.com")]
    [InlineData("Monitor:Interval", "1")]
    [InlineData("Monitor:RequestsPerSecond", "many")]
    [InlineData("Logging:LogLevel:Default", "Loud")]
    public void Are_named_by_their_keys(string key, string value) => Mistakes((key, value)).ShouldContain(key);

    [Fact]
    public void Are_all_named_at_once()
    {
        string mistakes = Mistakes(("PORT", "abc"), ("Monitor:Interval", "1"), ("Kick:ClientId", "half"));

        mistakes.ShouldContain("PORT");
        mistakes.ShouldContain("Monitor:Interval");
        mistakes.ShouldContain("Kick:ClientSecret");
    }

    [Fact]
    public void Are_not_found_in_none_and_in_good_ones()
    {
        SettingsCheck.Run(Of());
        SettingsCheck.Run(Of(("PORT", "5080"), ("Kick:ClientId", "a"), ("Kick:ClientSecret", "b"), ("Monitor:Interval", "15")));
    }

    private static string Mistakes(params (string, string)[] settings) =>
        string.Join('\n', Should.Throw<OptionsValidationException>(() => SettingsCheck.Run(Of(settings))).Failures);

    private static IConfiguration Of(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
}
