using System.Net;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

public abstract record PasswordCheck
{
    public sealed record Right(User User) : PasswordCheck;

    /// <summary>No such account, another password, too many guesses or disabled: nobody is told which.</summary>
    public sealed record Wrong : PasswordCheck;

    /// <summary>The address has failed too often.</summary>
    public sealed record TooMany : PasswordCheck;
}

/// <summary>
/// Checks an e-mail address and a password. Whatever is wrong with them, the answer is the same, costs one hash and comes no
/// sooner than after a fixed time, so that nobody learns who has an account.
/// </summary>
public sealed class PasswordSignIn(UserManager<User> users, Proofs proofs, SignInLimits limits, Sessions sessions, TimeProvider time)
{
    /// <summary>Longer than a hash and the notes of a failure take.</summary>
    private static readonly TimeSpan FailureTakes = TimeSpan.FromMilliseconds(300);

    /// <param name="doorOf">Where a guess at an account is counted.</param>
    public async Task<PasswordCheck> CheckAsync(string email, string password, IPAddress? address, string? agent, Func<User, string> doorOf, CancellationToken ct)
    {
        if (!limits.Take(address))
        {
            return new PasswordCheck.TooMany();
        }

        long began = time.GetTimestamp();
        var user = await users.FindByEmailAsync(email.Trim());
        var proof = Proof.Wrong;
        if (user is null)
        {
            users.PasswordHasher.HashPassword(new User(), password);
        }
        else
        {
            proof = await proofs.ByPasswordAsync(user, password, doorOf(user), ct, isFirstStep: true);
            if (proof == Proof.Given && !user.IsDisabled)
            {
                limits.GiveBack(address);
                return new PasswordCheck.Right(user);
            }

            await sessions.FailedAsync(user.Id, proof == Proof.Resting ? SignInOutcome.LockedOut : SignInOutcome.WrongPassword, address?.ToString(), agent, ct);
        }

        if (FailureTakes - time.GetElapsedTime(began) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, time, ct);
        }

        return new PasswordCheck.Wrong();
    }
}
