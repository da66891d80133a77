using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Storage;

public sealed class Keys(Postgres postgres) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kickmonitor-keys").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_master_key_is_made_once_and_only_its_owner_reads_it()
    {
        string[] keys = [.. Enumerable.Range(0, 16).AsParallel().Select(_ => MasterKey.Load(null, _directory).Fingerprint)];

        keys.Distinct().ShouldHaveSingleItem();
        File.GetUnixFileMode(Path.Combine(_directory, "master.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(_directory).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("short")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("//////////////////////////////////////////8=")]
    [InlineData("c2l4dGVlbiBieXRlcyE4OQ==")]
    [InlineData("not base64 at all, but long enough to be a key of some kind!")]
    public void A_setting_that_is_no_key_is_refused_with_the_way_to_make_one(string setting) =>
        Should.Throw<FormatException>(() => MasterKey.Load(setting, _directory)).Message.ShouldContain("openssl rand -base64 32");

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_key_that_everybody_can_read_or_change_is_refused(UnixFileMode open)
    {
        MasterKey.Load(null, _directory);
        string file = MasterKey.FileIn(_directory);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | open);

        Should.Throw<FormatException>(() => MasterKey.Load(null, _directory)).Message.ShouldContain("chmod 600");

        // A group may share it, as secrets that are mounted into containers do.
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        MasterKey.Load(null, _directory).ShouldNotBeNull();
    }

    [Fact]
    public void What_is_encrypted_opens_only_with_the_same_key_and_purpose_and_unchanged()
    {
        var key = Key(1);
        byte[] box = key.Encrypt("secret"u8, "tokens");

        key.Decrypt(box, "tokens").ShouldBe("secret"u8.ToArray());
        Should.Throw<CryptographicException>(() => key.Decrypt(box, "other"));
        Should.Throw<CryptographicException>(() => Key(2).Decrypt(box, "tokens"));
        Should.Throw<CryptographicException>(() => key.Decrypt(box.AsSpan(0, 10), "tokens"));
        box[^1] ^= 1;
        Should.Throw<CryptographicException>(() => key.Decrypt(box, "tokens"));
    }

    [Fact]
    public async Task A_database_belongs_to_the_master_key_it_was_begun_with()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var source = scenario.AddNode().GetRequiredService<NpgsqlDataSource>();

        (await new KeyCheck(source, Key(1), scenario.Clock).PassesAsync(Ct)).ShouldBeTrue();
        (await new KeyCheck(source, Key(1), scenario.Clock).PassesAsync(Ct)).ShouldBeTrue();
        (await new KeyCheck(source, Key(2), scenario.Clock).PassesAsync(Ct)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_one_node_protects_another_reads_and_the_database_reveals_nothing()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var one = scenario.AddNode(time: TimeProvider.System, key: Key(1));
        var two = scenario.AddNode(time: TimeProvider.System, key: Key(1));

        string box = one.GetRequiredService<IDataProtectionProvider>().CreateProtector("cookie").Protect("Lana");

        two.GetRequiredService<IDataProtectionProvider>().CreateProtector("cookie").Unprotect(box).ShouldBe("Lana");
        string stored = await scenario.ScalarAsync<string>("SELECT string_agg(xml, '') FROM data_protection_keys");
        stored.ShouldContain("masterKeyEncrypted");
        stored.ShouldNotContain("<masterKey ");
        stored.ShouldNotContain("<value>");
    }

    [Fact]
    public async Task Another_master_key_opens_no_keys()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        string box = scenario.AddNode(time: TimeProvider.System, key: Key(1)).GetRequiredService<IDataProtectionProvider>().CreateProtector("cookie").Protect("Lana");

        var stranger = scenario.AddNode(time: TimeProvider.System, key: Key(2));

        Should.Throw<CryptographicException>(() => stranger.GetRequiredService<IDataProtectionProvider>().CreateProtector("cookie").Unprotect(box));
        stranger.GetRequiredService<IKeyManager>().ShouldNotBeNull();
    }

    private static MasterKey Key(int seed) => MasterKey.Load(Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes($"key {seed}"))), "/nowhere");
}
