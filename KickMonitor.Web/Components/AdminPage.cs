using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Radzen;

namespace KickMonitor.Web.Components;

/// <summary>A page on which Admins act: every action asks for the right anew, and one at a time is done.</summary>
public abstract class AdminPage : ComponentBase
{
    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required NotificationService Notices { get; init; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    protected bool IsBusy { get; private set; }

    protected async Task DoAsync(Func<Task> act)
    {
        if (IsBusy)
        {
            return;
        }

        if (Rights.Of((await Person).User) is not { IsAdmin: true })
        {
            Notices.Notify(NotificationSeverity.Error, T["You are no longer an Admin"], T["Nothing was changed."]);
            return;
        }

        IsBusy = true;
        StateHasChanged();
        try
        {
            await act();
        }
        catch (ReadOnlyException)
        {
            Notices.Notify(NotificationSeverity.Error, T["Nothing was changed"], T["You are viewing as somebody else: nothing can be changed."]);
        }
        catch (Npgsql.NpgsqlException)
        {
            Notices.Notify(NotificationSeverity.Error, T["The database did not answer"], T["Try again in a moment."]);
        }
        finally
        {
            IsBusy = false;
        }
    }
}
