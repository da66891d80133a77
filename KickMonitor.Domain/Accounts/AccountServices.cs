using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Accounts;

public static class AccountServices
{
    /// <summary>Passkeys need the third version of Identity's tables.</summary>
    public static void Schema(IdentityOptions options) => options.Stores.SchemaVersion = IdentitySchemaVersions.Version3;

    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services.AddIdentityCore<User>(options =>
            {
                Schema(options);
                options.User.RequireUniqueEmail = true;

                // A name is an address, and User says what that is: an apostrophe is part of some.
                options.User.AllowedUserNameCharacters = string.Empty;

                // Length is what makes a password strong; rules about kinds of characters make people write it down.
                options.Password.RequiredLength = PasswordRules.Shortest;
                options.Password.RequiredUniqueChars = 4;
                options.Password.RequireDigit = false;
                options.Password.RequireLowercase = false;
                options.Password.RequireUppercase = false;
                options.Password.RequireNonAlphanumeric = false;
            })
            .AddEntityFrameworkStores<KickMonitorDb>()
            .AddClaimsPrincipalFactory<PrincipalFactory>()
            .AddPasswordValidator<PasswordRules>()
            .AddSignInManager()
            .AddDefaultTokenProviders();
        services.AddScoped<IUserStore<User>, SealedUserStore>();
        services.AddSingleton<SealedRows, SealedAuthenticators>();
        services.AddSingleton<Totp>();
        services.AddSingleton<Guesses>();
        services.AddScoped<Proofs>();
        services.AddSingleton<Audit>();
        services.AddSingleton<Rights>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<People>();
        services.AddSingleton<PeopleList>();
        services.AddSingleton<Assignments>();
        services.AddSingleton<EntryLinks>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<UserPictures>();
        services.AddSingleton<FirstAdmin>();
        return services;
    }
}
