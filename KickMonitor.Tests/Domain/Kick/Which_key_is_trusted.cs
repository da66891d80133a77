using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Kick;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Kick;

public sealed class Which_key_is_trusted(Postgres postgres) : IAsyncLifetime
{
    private const string Path = "/public/v1/public-key";
    private static readonly byte[] Message = "01ABC.2026-10-05T18:00:00Z.{}"u8.ToArray();
    private Scenario _scenario = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private SandboxServer Kick => _scenario.Kick;

    public async ValueTask InitializeAsync() => _scenario = await Scenario.StartAsync(postgres, withKick: true);

    public ValueTask DisposeAsync() => _scenario.DisposeAsync();

    [Fact]
    public async Task The_published_key_is_fetched_with_the_first_delivery_and_once_a_day()
    {
        var key = Node();
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Genuine);
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Genuine);
        Kick.Requests.CountOf(Path).ShouldBe(1);
        _scenario.Clock.Advance(TimeSpan.FromHours(23));
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Genuine);
        Kick.Requests.CountOf(Path).ShouldBe(1);
        _scenario.Clock.Advance(TimeSpan.FromHours(2));
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Genuine);
        await Eventually.ShouldAsync(() => Kick.Requests.CountOf(Path) == 2, "the key is fetched again");
    }

    [Fact]
    public async Task A_changed_key_is_learned_from_the_first_delivery_that_it_signed()
    {
        var key = Node();
        await JudgeAsync(key, Signed());
        var old = Signed();
        Kick.Signing.Rotate();
        _scenario.Clock.Advance(61);
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Genuine);
        (await JudgeAsync(key, old)).ShouldBe(SignatureVerdict.Forged);
        Kick.Requests.CountOf(Path).ShouldBe(2);
    }

    [Fact]
    public async Task However_many_forgeries_come_Kick_is_asked_once_a_minute()
    {
        var key = Node();
        (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => JudgeAsync(key, new byte[256])))).ShouldAllBe(v => v == SignatureVerdict.Forged);
        Kick.Requests.CountOf(Path).ShouldBe(1);
        _scenario.Clock.Advance(61);
        (await JudgeAsync(key, new byte[256])).ShouldBe(SignatureVerdict.Forged);
        Kick.Requests.CountOf(Path).ShouldBe(2);
    }

    [Theory]
    [InlineData(FaultKind.HtmlPage)]
    [InlineData(FaultKind.FirewallChallenge)]
    [InlineData(FaultKind.Unauthorized)]
    public async Task Without_a_key_nothing_is_believed(FaultKind kind)
    {
        Kick.Faults.Add(new Fault(kind) { Group = EndpointGroup.PublicKey });
        var key = Node();
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.NoKey);
        key.Problem.ShouldNotBeNull();
        key.Origin.ShouldBe("missing");

        Kick.Faults.Clear();
        _scenario.Clock.Advance(61);
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Genuine);
    }

    [Fact]
    public async Task A_key_that_cannot_be_fetched_anew_stays_trusted()
    {
        var key = Node();
        await JudgeAsync(key, Signed());
        Kick.Faults.Add(new Fault(FaultKind.HtmlPage) { Group = EndpointGroup.PublicKey });
        _scenario.Clock.Advance(TimeSpan.FromDays(3));
        (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Genuine);
        (await JudgeAsync(key, new byte[256])).ShouldBe(SignatureVerdict.Forged);
    }

    [Fact]
    public async Task A_configured_key_is_the_only_one()
    {
        using var own = RSA.Create(2048);
        string file = System.IO.Path.GetTempFileName();
        await File.WriteAllTextAsync(file, own.ExportSubjectPublicKeyInfoPem(), Ct);
        try
        {
            foreach (string setting in new[] { own.ExportSubjectPublicKeyInfoPem(), own.ExportSubjectPublicKeyInfoPem().Replace("\n", "\\n", StringComparison.Ordinal), file })
            {
                var key = Node(setting);
                (await JudgeAsync(key, own.SignData(Message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))).ShouldBe(SignatureVerdict.Genuine);
                (await JudgeAsync(key, Signed())).ShouldBe(SignatureVerdict.Forged);
                key.Origin.ShouldBe("configured");
            }
        }
        finally
        {
            File.Delete(file);
        }

        Kick.Requests.CountOf(Path).ShouldBe(0);
        Should.Throw<FormatException>(() => Node("/no/such/file"));
        Should.Throw<FormatException>(() => Node("-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----"));
    }

    [Fact]
    public void For_the_real_host_there_is_a_key_from_the_start() =>
        _scenario.AddNode(new Dictionary<string, string?> { ["Kick:ApiBaseUrl"] = "https://api.kick.com" }).GetRequiredService<SigningKey>().Origin.ShouldBe("built in");

    private SigningKey Node(string? configured = null) =>
        _scenario.AddNode(new Dictionary<string, string?> { ["Kick:PublicKey"] = configured }).GetRequiredService<SigningKey>();

    private byte[] Signed() => Convert.FromBase64String(Kick.Signing.Sign("01ABC", "2026-10-05T18:00:00Z", "{}"u8));

    private Task<SignatureVerdict> JudgeAsync(SigningKey key, byte[] signature) => _scenario.RunAsync(key.VerifyAsync(Message, signature, Ct).AsTask(), step: 1);
}
