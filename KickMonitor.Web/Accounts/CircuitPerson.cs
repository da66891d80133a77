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
    private Action? _check;
    private IDisposable? _watch;
    private IDisposable? _sessionWatch;
    private ClaimsPrincipal? _ended;
    private ITimer? _viewEnds;

    public CircuitPerson(Rights rights, Sessions sessions, TimeProvider time) => (_rights, _sessions, _time) = (rights, sessions, time);

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

    /// <summary>
    /// The page stays open from here on. A request is checked when it comes and never again: it is soon over, and a page that is asked
    /// anew while a form of its own is handled loses the answer.
    /// </summary>
    public void Watch()
    {
        _check = Languages.Keep(() => _ = CheckAsync());
        _sessionWatch = _sessions.Watch(_check);
        _watch = _rights.Watch(_check);

        // What has changed since the connection came.
        _check();
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _sessionWatch?.Dispose();
        _viewEnds?.Dispose();
    }

    /// <summary>No request ends a view as somebody else on a page that stays open; and it can be begun anew elsewhere, and then ends later.</summary>
    private void EndInTime(ClaimsPrincipal person)
    {
        if (_check is not { } check || ViewAs.EndOf(person) is not { } end)
        {
            return;
        }

        // A timer may come a little early.
        var rest = end - _time.GetUtcNow() + TimeSpan.FromMilliseconds(50);
        rest = rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        if (_viewEnds is null)
        {
            _viewEnds = _time.CreateTimer(_ => check(), null, rest, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _viewEnds.Change(rest, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task CheckAsync()
    {
        var person = (await base.GetAuthenticationStateAsync()).User;
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
