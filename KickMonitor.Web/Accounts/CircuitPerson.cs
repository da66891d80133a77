using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Who sits in front of an open page. When their rights change, everything on the page that depends on rights is asked again;
/// when their session is over, they become nobody.
/// </summary>
public sealed class CircuitPerson : ServerAuthenticationStateProvider, IDisposable
{
    private static readonly ClaimsPrincipal Nobody = new(new ClaimsIdentity());
    private readonly Rights _rights;
    private readonly Sessions _sessions;
    private readonly IDisposable _watch;
    private readonly IDisposable _sessionWatch;
    private ClaimsPrincipal? _ended;
    private volatile bool _isRenewed;

    public CircuitPerson(Rights rights, Sessions sessions)
    {
        (_rights, _sessions) = (rights, sessions);
        var check = Languages.Keep(() => _ = CheckAsync());
        _sessionWatch = sessions.Watch(check);
        _watch = rights.Watch(check);
    }

    public override async Task<AuthenticationState> GetAuthenticationStateAsync() =>
        _ended is null ? await base.GetAuthenticationStateAsync() : new AuthenticationState(_ended);

    /// <summary>This very request gives the person a new session in place of the old, so that the old one's end is no end.</summary>
    public void Renew() => _isRenewed = true;

    public void Dispose()
    {
        _watch.Dispose();
        _sessionWatch.Dispose();
    }

    private async Task CheckAsync()
    {
        if (_isRenewed)
        {
            return;
        }

        ClaimsPrincipal person;
        try
        {
            person = (await base.GetAuthenticationStateAsync()).User;
        }
        catch (InvalidOperationException)
        {
            // The circuit has not begun yet; its first request is checked anyway.
            return;
        }

        if (person.Identity?.IsAuthenticated != true)
        {
            return;
        }

        string? stamp = person.FindFirst(new ClaimsIdentityOptions().SecurityStampClaimType)?.Value;
        if (_rights.Of(person) is not { } rights || rights.SecurityStamp != stamp || person.SessionId() is not { } session || !_sessions.IsKnown(session))
        {
            _ended = Nobody;
        }

        NotifyAuthenticationStateChanged(GetAuthenticationStateAsync());
    }
}
