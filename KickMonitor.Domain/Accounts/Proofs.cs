using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Domain.Accounts;

public enum Proof
{
    Given,
    Wrong,

    /// <summary>Too many guesses: it was not looked at.</summary>
    Resting,
}

/// <summary>Whether somebody is the person: by password, by a code of their authenticator app, or by a recovery code.</summary>
public sealed class Proofs(UserManager<User> users, Guesses guesses, Totp totp)
{
    /// <param name="door">Where the guess is counted.</param>
    /// <param name="isFirstStep">A second step may be to come; until it is done, earlier guesses are not forgiven.</param>
    public async Task<Proof> ByPasswordAsync(User user, string? password, string door, CancellationToken ct, bool isFirstStep = false)
    {
        password ??= string.Empty;
        if (password.Length > PasswordRules.Longest)
        {
            return Proof.Wrong;
        }

        bool mayTry = await guesses.TakeAsync(user.Id, door, ct);
        if (!mayTry || user.PasswordHash is null)
        {
            // The same work as if there were something to compare with.
            users.PasswordHasher.HashPassword(user, password);
            return mayTry ? Proof.Wrong : Proof.Resting;
        }

        if (!await users.CheckPasswordAsync(user, password))
        {
            return Proof.Wrong;
        }

        await (isFirstStep && user.TwoFactorEnabled ? guesses.GiveBackAsync(user.Id, door, ct) : guesses.ForgiveAsync(user.Id, door, ct));
        return Proof.Given;
    }

    /// <inheritdoc cref="ByPasswordAsync"/>
    public async Task<Proof> ByCodeAsync(User user, string typed, string door, CancellationToken ct)
    {
        if (!await guesses.TakeAsync(user.Id, door, ct))
        {
            return Proof.Resting;
        }

        if (!await totp.SpendAsync(user.Id, await users.GetAuthenticatorKeyAsync(user), typed, ct)
            && !(await users.RedeemTwoFactorRecoveryCodeAsync(user, typed.Trim())).Succeeded)
        {
            return Proof.Wrong;
        }

        await guesses.ForgiveAsync(user.Id, door, ct);
        return Proof.Given;
    }
}
