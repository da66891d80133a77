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

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private TestClock Clock => _scenario.Clock;

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync(postgres);
        _node = _scenario.AddNode(also: services =>
        {
            services.AddHttpContextAccessor().AddAuthentication();
            services.AddSingleton<SignInLimits>().AddScoped<PasswordSignIn>();
            services.AddSingleton<IPasswordHasher<User>>(_hashes);
        });
        (await _node.GetRequiredService<People>().CreateAsync(Email, Role.User, Password, Ct)).ShouldBeOfType<CreateUser.Created>();
        (await _node.GetRequiredService<People>().CreateAsync("gone@example.com", Role.User, Password, Ct)).ShouldBeOfType<CreateUser.Created>();
        await _node.GetRequiredService<People>().DisableAsync((await _node.GetRequiredService<People>().FindAsync("gone@example.com", Ct))!.Id, Ct);
    }

    public ValueTask DisposeAsync() => _scenario.DisposeAsync();

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
        (await _scenario.ScalarAsync<int>("SELECT access_failed_count FROM users WHERE email = $1", Email)).ShouldBe(0, "Attempts during the rest do not prolong it.");
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

    private async Task RestAsync()
    {
        for (int i = 0; i < 10; i++)
        {
            await TryAsync(Email, "wrong, but as long");
        }
    }

    private async Task<PasswordCheck> TryAsync(string email, string password, IPAddress? address = null)
    {
        await using var scope = _node.CreateAsyncScope();
        return await _scenario.RunAsync(scope.ServiceProvider.GetRequiredService<PasswordSignIn>().CheckAsync(email, password, address ?? Somewhere, "a browser", Ct), step: 10);
    }

    private static string Hash(string password) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(password)));

    /// <summary>Counts instead of hashing: what takes time in life is how often it is done.</summary>
    private sealed class Hashes : IPasswordHasher<User>
    {
        public int Count { get; set; }

        public string HashPassword(User user, string password)
        {
            Count++;
            return Hash(password);
        }

        public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
        {
            Count++;
            return hashedPassword == Hash(providedPassword) ? PasswordVerificationResult.Success : PasswordVerificationResult.Failed;
        }
    }
}
