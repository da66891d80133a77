using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Who sits in front of an open page. When their rights change, everything on the page that depends on rights is asked again;
/// when their session is over, or their view as somebody else, they become nobody.
/// </summary>
public sealed class CircuitPerson : ServerAuthenticationStateProvider, IDisposable
{
    private static readonly ClaimsPrincipal Nobody = new(new ClaimsIdentity());
    private readonly Rights _rights;
    private readonly Sessions _sessions;
    private readonly TimeProvider _time;
    private readonly Action _check;
    private readonly IDisposable _watch;
    private readonly IDisposable _sessionWatch;
    private ClaimsPrincipal? _ended;
    private volatile bool _isRenewed;
    private ITimer? _viewEnds;

    public CircuitPerson(Rights rights, Sessions sessions, TimeProvider time)
    {
        (_rights, _sessions, _time) = (rights, sessions, time);
        _check = Languages.Keep(() => _ = CheckAsync());
        _sessionWatch = sessions.Watch(_check);
        _watch = rights.Watch(_check);
    }

    public override async Task<AuthenticationState> GetAuthenticationStateAsync()
    {
        if (_ended is not null)
        {
            return new AuthenticationState(_ended);
        }

        var state = await base.GetAuthenticationStateAsync();
        EndInTime(state.User);
        return state;
    }

    /// <summary>This very request gives the person a new session in place of the old, so that the old one's end is no end.</summary>
    public void Renew() => _isRenewed = true;

    public void Dispose()
    {
        _watch.Dispose();
        _sessionWatch.Dispose();
        _viewEnds?.Dispose();
    }

    /// <summary>No request ends a view as somebody else on a page that stays open; and it can be begun anew elsewhere, and then ends later.</summary>
    private void EndInTime(ClaimsPrincipal person)
    {
        if (ViewAs.EndOf(person) is not { } end)
        {
            return;
        }

        // A timer may come a little early.
        var rest = end - _time.GetUtcNow() + TimeSpan.FromMilliseconds(50);
        rest = rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        if (_viewEnds is null)
        {
            _viewEnds = _time.CreateTimer(_ => _check(), null, rest, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _viewEnds.Change(rest, Timeout.InfiniteTimeSpan);
        }
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
        if (_rights.Of(person) is not { } rights || rights.SecurityStamp != stamp || person.SessionId() is not { } session || !_sessions.IsKnown(session)
            || ViewAs.EndOf(person) <= _time.GetUtcNow())
        {
            _ended = Nobody;
        }

        NotifyAuthenticationStateChanged(GetAuthenticationStateAsync());
    }
}
