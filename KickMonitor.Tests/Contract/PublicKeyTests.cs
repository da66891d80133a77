using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Tests.Contract;

public sealed class PublicKeyTests : ContractTest
{
    [Fact]
    public async Task Anyone_may_read_the_key_and_it_proves_what_was_signed()
    {
        Kick.DefaultRequestHeaders.Authorization = null;
        var pem = (await GetAsync("/public/v1/public-key")).Data.GetProperty("public_key").GetString();
        var body = Encoding.UTF8.GetBytes("""{"is_live":true}""");

        var signature = Convert.FromBase64String(Sandbox.Signing.Sign("01M4", "2026-10-05T18:00:00Z", body));

        using var key = RSA.Create();
        key.ImportFromPem(pem);
        key.KeySize.ShouldBe(2048);
        signature.Length.ShouldBe(256);
        var signed = Encoding.UTF8.GetBytes("""01M4.2026-10-05T18:00:00Z.{"is_live":true}""");
        key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).ShouldBeTrue();
    }
}
