using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Domain.Accounts;

/// <summary>Bounds what hashing costs, and refuses a password that is the person's own address.</summary>
public sealed class PasswordRules : IPasswordValidator<User>
{
    public const int Shortest = 10;
    public const int Longest = 256;

    public Task<IdentityResult> ValidateAsync(UserManager<User> manager, User user, string? password)
    {
        string name = user.Email?.Split('@')[0] ?? string.Empty;
        string? problem = password switch
        {
            { Length: > Longest } => $"A password has at most {Longest} characters.",
            { } p when p.Equals(user.Email, StringComparison.OrdinalIgnoreCase) || (name.Length > 3 && p.Equals(name, StringComparison.OrdinalIgnoreCase))
                => "The password must not be the e-mail address.",
            _ => null,
        };
        return Task.FromResult(problem is null ? IdentityResult.Success : IdentityResult.Failed(new IdentityError { Code = "Password", Description = problem }));
    }
}
