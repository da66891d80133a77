using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Keys that a device or a password manager holds for a person. What the browser needs to make or use one comes from here; what
/// it made goes to the pages with an ordinary form.
/// </summary>
public static class Passkeys
{
    public const int Most = 20;
    public const int NameLength = 100;

    /// <summary>What browsers send is a few kilobytes.</summary>
    public const int LongestCredential = 32 * 1024;
    public const string SignInOptions = "/signin/passkey";
    public const string NewOptions = "/settings/security/passkey";

    public static void AddPasskeys(this IServiceCollection services) =>
        services.AddOptions<IdentityPasskeyOptions>().Configure<IConfiguration>((options, settings) =>
        {
            options.ResidentKeyRequirement = "required";
            options.UserVerificationRequirement = "required";

            // Without a configured address the one that the browser asked must do.
            if (Uri.TryCreate(settings["PublicUrl"], UriKind.Absolute, out var address))
            {
                options.ServerDomain = address.Host;
                options.ValidateOrigin = context => ValueTask.FromResult(!context.CrossOrigin && context.Origin == address.GetLeftPart(UriPartial.Authority));
            }
        });

    public static void MapPasskeys(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(SignInOptions, AskAsync).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapPost(NewOptions, MakeAsync).ExcludeFromDescription();
    }

    /// <returns>Null if nothing was asked for, or the answer does not fit; whoever tries that is not told more.</returns>
    public static async Task<PasskeyAssertionResult<User>?> CheckAsync(this SignInManager<User> signIn, string? credential)
    {
        if (credential is not { Length: > 0 and <= LongestCredential })
        {
            return null;
        }

        try
        {
            return await signIn.PerformPasskeyAssertionAsync(credential) is { Succeeded: true } result ? result : null;
        }
        catch (InvalidOperationException)
        {
            // This browser was asked for nothing, or too long ago.
            return null;
        }
    }

    /// <inheritdoc cref="CheckAsync"/>
    public static async Task<UserPasskeyInfo?> TakeAsync(this SignInManager<User> signIn, User user, string? credential)
    {
        if (credential is not { Length: > 0 and <= LongestCredential })
        {
            return null;
        }

        try
        {
            return await signIn.PerformPasskeyAttestationAsync(credential) is { Succeeded: true } result && result.UserEntity.Id == user.Id.ToString() ? result.Passkey : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Stores a passkey with its person as they were read. Whoever shut them out meanwhile took their passkeys away, and none comes back.</summary>
    /// <param name="db">The context of <paramref name="users"/>.</param>
    public static async Task<bool> KeepAsync(this UserManager<User> users, KickMonitorDb db, User user, UserPasskeyInfo passkey, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!(await users.AddOrUpdatePasskeyAsync(user, passkey)).Succeeded)
        {
            return false;
        }

        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Any of this site's passkeys will do, so that the answer says nothing about anybody.</summary>
    private static async Task<IResult> AskAsync(HttpContext context, SignInManager<User> signIn, SignInLimits limits, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.BadRequest();
        }

        return limits.MayTry(context.Connection.RemoteIpAddress)
            ? Options(context, await signIn.MakePasskeyRequestOptionsAsync(user: null))
            : Results.StatusCode(StatusCodes.Status429TooManyRequests);
    }

    /// <summary>The password is asked for here, before the device makes a key that nobody would take.</summary>
    private static async Task<IResult> MakeAsync(HttpContext context, SignInManager<User> signIn, Proofs proofs, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.BadRequest();
        }

        var users = signIn.UserManager;
        if (await users.GetUserAsync(context.User) is not { } user)
        {
            return Results.Unauthorized();
        }

        switch (await proofs.ByPasswordAsync(user, context.Request.Form["Passkey.Password"], Guesses.Session(context.User.SessionId()), context.RequestAborted))
        {
            case Proof.Resting:
                return Refuse("Too many failed attempts. Wait a quarter of an hour.");
            case Proof.Wrong:
                return Refuse("That is not your password.");
        }

        if ((await users.GetPasskeysAsync(user)).Count >= Most)
        {
            return Refuse($"{Most} passkeys are enough. Remove one first.");
        }

        string name = user.Email ?? user.Id.ToString();
        return Options(context, await signIn.MakePasskeyCreationOptionsAsync(new PasskeyUserEntity { Id = user.Id.ToString(), Name = name, DisplayName = user.DisplayName ?? name }));
    }

    private static IResult Refuse(string reason) => Results.Text(reason, statusCode: StatusCodes.Status403Forbidden);

    private static IResult Options(HttpContext context, string json)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Text(json, "application/json");
    }
}
