using System.Net;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Accounts;

public sealed class Signing_in_by_password(Postgres postgres) : IAsyncLifetime
{
    private const string Email = "lana@example.com";
    private const string Password = "a long enough password";
    private static readonly IPAddress Somewhere = IPAddress.Parse("203.0.113.7");
    private readonly Hashes _hashes = new();
    private Scenario _scenario = null!;
    private IServiceProvider _node = null!;
    private IServiceProvider _other = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private TestClock Clock => _scenario.Clock;

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync(postgres);
        (_node, _other) = (AddNode(), AddNode());
        (await _node.GetRequiredService<People>().CreateAsync(Email, Role.User, Password, Ct)).ShouldBeOfType<CreateUser.Created>();
        (await _node.GetRequiredService<People>().CreateAsync("gone@example.com", Role.User, Password, Ct)).ShouldBeOfType<CreateUser.Created>();
        await _node.GetRequiredService<People>().DisableAsync((await _node.GetRequiredService<People>().FindAsync("gone@example.com", Ct))!.Id, Ct);
    }

    public ValueTask DisposeAsync() => _scenario.DisposeAsync();

    private IServiceProvider AddNode() => _scenario.AddNode(also: services =>
    {
        services.AddHttpContextAccessor().AddAuthentication();
        services.AddSingleton<SignInLimits>().AddScoped<PasswordSignIn>();
        services.AddSingleton<IPasswordHasher<User>>(_hashes);
    });

    [Fact]
    public async Task Unknown_wrong_disabled_and_resting_get_the_same_answer_for_the_same_work_in_the_same_time()
    {
        await RestAsync();
        foreach (var (email, password) in new[] { ("nobody@example.com", Password), (Email, Password), ("gone@example.com", Password), ("gone@example.com", "wrong, but as long") })
        {
            _hashes.Count = 0;
            var began = Clock.GetUtcNow();

            (await TryAsync(email, password)).ShouldBe(new PasswordCheck.Wrong(), email);

            _hashes.Count.ShouldBe(1, email);
            (Clock.GetUtcNow() - began).TotalMilliseconds.ShouldBe(300, 25, email);
        }
    }

    [Fact]
    public async Task The_right_password_opens_at_once_and_costs_no_wait()
    {
        var began = Clock.GetUtcNow();

        (await TryAsync(" " + Email.ToUpperInvariant(), Password)).ShouldBeOfType<PasswordCheck.Right>();

        (Clock.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task After_ten_failures_an_account_rests_for_a_quarter_of_an_hour_even_for_the_right_password()
    {
        await RestAsync();

        (await TryAsync(Email, Password)).ShouldBeOfType<PasswordCheck.Wrong>();
        (await _scenario.ScalarAsync<string>("SELECT outcome FROM sign_ins ORDER BY at DESC, id LIMIT 1")).ShouldBe("locked_out");
        Clock.Advance(Guesses.Rest);
        (await TryAsync(Email, Password)).ShouldBeOfType<PasswordCheck.Right>("Attempts during the rest do not prolong it.");
    }

    [Fact]
    public async Task Successes_are_not_counted_and_forgive_what_was_mistyped()
    {
        for (int i = 0; i < 60; i++)
        {
            (await TryAsync(Email, i % 10 == 9 ? Password : "wrong, but as long", address: IPAddress.Parse($"198.51.100.{i}")))
                .GetType().ShouldBe(i % 10 == 9 ? typeof(PasswordCheck.Right) : typeof(PasswordCheck.Wrong), $"attempt {i}");
        }
    }

    [Fact]
    public async Task An_address_that_fails_fifty_times_is_turned_away_before_anything_is_hashed()
    {
        for (int i = 0; i < 50; i++)
        {
            await TryAsync($"guess{i}@example.com", Password);
        }

        _hashes.Count = 0;
        (await TryAsync(Email, Password)).ShouldBeOfType<PasswordCheck.TooMany>();
        _hashes.Count.ShouldBe(0);
        (await TryAsync(Email, Password, IPAddress.Parse("203.0.113.8"))).ShouldBeOfType<PasswordCheck.Right>();
    }

    [Fact]
    public async Task However_many_guess_at_once_on_however_many_nodes_ten_are_looked_at()
    {
        _hashes.Count = 0;
        var guesses = Enumerable.Range(0, 60).Select(i => Task.Run(() => AskAsync(i % 2 == 0 ? _node : _other, Email, $"guess number {i}", IPAddress.Parse($"198.51.100.{i}"))));

        (await _scenario.RunAsync(Task.WhenAll(guesses), step: 10)).ShouldAllBe(a => a is PasswordCheck.Wrong);

        _hashes.Compared.ShouldBe(Guesses.Most);
        _hashes.Count.ShouldBe(60, "The others cost the same work and compare nothing.");
        (await TryAsync(Email, Password)).ShouldBeOfType<PasswordCheck.Wrong>("The account rests.");
    }

    [Fact]
    public async Task Strangers_who_guess_without_end_do_not_keep_the_owner_out_of_a_browser_of_theirs()
    {
        string door = Guesses.Browser(Guid.NewGuid());
        for (int quarter = 0; quarter < 8; quarter++)
        {
            Clock.Advance(TimeSpan.FromMinutes(14));
            for (int i = 0; i < 12; i++)
            {
                await TryAsync(Email, "wrong, but as long", IPAddress.Parse($"198.51.100.{i}"));
            }
        }

        (await TryAsync(Email, Password)).ShouldBeOfType<PasswordCheck.Wrong>();
        (await TryAsync(Email, Password, door: door)).ShouldBeOfType<PasswordCheck.Right>();
        for (int i = 0; i < 10; i++)
        {
            await TryAsync(Email, "wrong, but as long", IPAddress.Parse($"198.51.100.{i}"), door);
        }

        (await TryAsync(Email, Password, IPAddress.Parse("198.51.100.99"), door)).ShouldBeOfType<PasswordCheck.Wrong>("That browser is no place to guess at leisure either.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_sixty_codes_at_once_ten_are_looked_at_and_then_the_right_one_waits_too(bool isRecovery)
    {
        var (user, key, recovery) = await WithSecondStepAsync();
        var wrong = Enumerable.Range(0, 60).Select(i => Task.Run(() => CodeAsync(i % 2 == 0 ? _node : _other, user, isRecovery ? $"AAAAA-{i:D5}" : $"{i:D6}")));

        var answers = await Task.WhenAll(wrong);

        // One of sixty random codes may be the right one, once in ten thousand runs.
        answers.Count(a => a == Proof.Resting).ShouldBe(50);
        (await CodeAsync(_node, user, isRecovery ? recovery : Totp.CodeAt(key, Clock.GetUtcNow()))).ShouldBe(Proof.Resting);
        Clock.Advance(Guesses.Rest);
        (await CodeAsync(_node, user, isRecovery ? recovery : Totp.CodeAt(key, Clock.GetUtcNow()))).ShouldBe(Proof.Given);
        if (isRecovery)
        {
            (await CodeAsync(_node, user, recovery)).ShouldBe(Proof.Wrong, "It was used.");
        }
    }

    [Fact]
    public async Task Who_knows_the_password_does_not_win_more_guesses_at_the_code_by_giving_it_again()
    {
        var (user, key, _) = await WithSecondStepAsync();
        int looked = 0;
        for (int i = 0; i < 30; i++)
        {
            await TryAsync(Email, Password, IPAddress.Parse($"198.51.100.{i}"));
            looked += await CodeAsync(_node, user, "000000") == Proof.Wrong ? 1 : 0;
        }

        looked.ShouldBe(Guesses.Most);
        (await CodeAsync(_node, user, Totp.CodeAt(key, Clock.GetUtcNow()))).ShouldBe(Proof.Resting);
    }

    [Fact]
    public async Task Each_recovery_code_works_once_and_none_can_be_read_or_guessed_from_the_database()
    {
        var (user, _, _) = await WithSecondStepAsync();
        string[] codes;
        await using (var scope = _node.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            codes = [.. (await users.GenerateNewTwoFactorRecoveryCodesAsync((await users.FindByIdAsync(user.Id.ToString()))!, 3))!];
        }

        string stored = string.Join(' ', (await _scenario.QueryAsync("SELECT value FROM user_tokens WHERE name = 'RecoveryCodes'")).Select(r => (string)r[0]!));

        foreach (string code in codes)
        {
            stored.ShouldNotContain(code);
            stored.ShouldNotContain(Hash(code), Case.Insensitive);
            (await CodeAsync(_node, user, code.ToLowerInvariant())).ShouldBe(Proof.Given);
            (await CodeAsync(_other, user, code)).ShouldBe(Proof.Wrong, "It was used.");
        }
    }

    private async Task<(User User, string Key, string Recovery)> WithSecondStepAsync()
    {
        await using var scope = _node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByEmailAsync(Email))!;
        await users.ResetAuthenticatorKeyAsync(user);
        await users.SetTwoFactorEnabledAsync(user, true);
        var codes = await users.GenerateNewTwoFactorRecoveryCodesAsync(user, 3);
        return (user, (await users.GetAuthenticatorKeyAsync(user))!, codes!.First());
    }

    private static async Task<Proof> CodeAsync(IServiceProvider node, User user, string code)
    {
        await using var scope = node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        return await scope.ServiceProvider.GetRequiredService<Proofs>().ByCodeAsync((await users.FindByIdAsync(user.Id.ToString()))!, code, Guesses.Strangers, Ct);
    }

    private async Task RestAsync()
    {
        for (int i = 0; i < 10; i++)
        {
            await TryAsync(Email, "wrong, but as long");
        }
    }

    private Task<PasswordCheck> TryAsync(string email, string password, IPAddress? address = null, string door = Guesses.Strangers) =>
        _scenario.RunAsync(AskAsync(_node, email, password, address ?? Somewhere, door), step: 10);

    private static async Task<PasswordCheck> AskAsync(IServiceProvider node, string email, string password, IPAddress address, string door = Guesses.Strangers)
    {
        await using var scope = node.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<PasswordSignIn>().CheckAsync(email, password, address, "a browser", _ => door, Ct);
    }

    private static string Hash(string password) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(password)));

    /// <summary>Counts instead of hashing: what takes time in life is how often it is done.</summary>
    private sealed class Hashes : IPasswordHasher<User>
    {
        private int _count;
        private int _compared;

        public int Count
        {
            get => _count;
            set => _count = value;
        }

        public int Compared => _compared;

        public string HashPassword(User user, string password)
        {
            Interlocked.Increment(ref _count);
            return Hash(password);
        }

        public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
        {
            Interlocked.Increment(ref _count);
            Interlocked.Increment(ref _compared);
            return hashedPassword == Hash(providedPassword) ? PasswordVerificationResult.Success : PasswordVerificationResult.Failed;
        }
    }
}
