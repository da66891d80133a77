using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Npgsql;
using Radzen;

namespace KickMonitor.Web.Components;

/// <summary>A page on which Admins change something. Every action asks for the right anew, because a page can be older than a role, and one at a time is done.</summary>
public abstract class AdminPage : ComponentBase
{
    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required NotificationService Notices { get; init; }

    [Inject]
    public required DialogService Dialogs { get; init; }

    [Inject]
    public required Sessions Sessions { get; init; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    protected bool IsBusy { get; private set; }

    protected async Task ActAsync(Func<Task> act)
    {
        if (IsBusy)
        {
            return;
        }

        if (Rights.Of((await Person).User) is not { IsAdmin: true })
        {
            Refuse(T["You are no longer an Admin"], T["Nothing was changed."]);
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
            Refuse(T["Nothing was changed"], T["You are viewing as somebody else: nothing can be changed."]);
        }
        catch (NpgsqlException)
        {
            Refuse(T["The database did not answer"], T["Try again in a moment."]);
        }
        finally
        {
            IsBusy = false;
        }
    }

    /// <summary>For what makes an Admin or opens an Admin's account; says so if it must not be.</summary>
    protected async Task<bool> IsFreshAsync()
    {
        if (await Sessions.IsFreshAsync((await Person).User, CancellationToken.None))
        {
            return true;
        }

        Refuse(T["Sign in again first"], T["What concerns Admins takes a sign-in within the last hour."]);
        return false;
    }

    protected async Task ConfirmAsync(string question, string title, string yes, Func<Task> act)
    {
        if (await Dialogs.Confirm(question, title, new ConfirmOptions { OkButtonText = yes, CancelButtonText = T["Cancel"] }) == true)
        {
            await ActAsync(act);
        }
    }

    protected void Tell(string title, string more = "") => Notices.Notify(NotificationSeverity.Success, title, more);

    protected void Refuse(string title, string more = "") => Notices.Notify(NotificationSeverity.Error, title, more, duration: 8000);
}
