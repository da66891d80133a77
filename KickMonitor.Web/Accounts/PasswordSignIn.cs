using System.Net;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

public abstract record PasswordCheck
{
    public sealed record Right(User User) : PasswordCheck;

    /// <summary>No such account, another password, locked out or disabled: nobody is told which.</summary>
    public sealed record Wrong : PasswordCheck;

    /// <summary>The address has failed too often.</summary>
    public sealed record TooMany : PasswordCheck;
}

/// <summary>
/// Checks an e-mail address and a password. Whatever is wrong with them, the answer is the same, costs one hash and comes no
/// sooner than after a fixed time, so that nobody learns who has an account.
/// </summary>
public sealed class PasswordSignIn(SignInManager<User> signIn, SignInLimits limits, Sessions sessions, TimeProvider time)
{
    /// <summary>Longer than a hash and the notes of a failure take.</summary>
    private static readonly TimeSpan FailureTakes = TimeSpan.FromMilliseconds(300);

    public async Task<PasswordCheck> CheckAsync(string email, string password, IPAddress? address, string? agent, CancellationToken ct)
    {
        if (!limits.MayTry(address))
        {
            return new PasswordCheck.TooMany();
        }

        long began = time.GetTimestamp();
        var users = signIn.UserManager;
        var user = await users.FindByEmailAsync(email.Trim());
        bool isLockedOut = user is not null && await users.IsLockedOutAsync(user);
        if (user is null || isLockedOut)
        {
            users.PasswordHasher.HashPassword(user ?? new User(), password);
        }
        else if ((await signIn.CheckPasswordSignInAsync(user, password, lockoutOnFailure: true)).Succeeded && !user.IsDisabled)
        {
            return new PasswordCheck.Right(user);
        }

        limits.Failed(address);
        if (user is not null)
        {
            await sessions.FailedAsync(user.Id, isLockedOut ? SignInOutcome.LockedOut : SignInOutcome.WrongPassword, address?.ToString(), agent, ct);
        }

        if (FailureTakes - time.GetElapsedTime(began) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, time, ct);
        }

        return new PasswordCheck.Wrong();
    }
}
