using System.Diagnostics;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>A setting as the API and the command line say it.</summary>
/// <param name="Value">Null if nothing is set, and for secrets.</param>
/// <param name="Source">stored, default, or what fixed it at start.</param>
/// <param name="LastChange">Of the setting, for a secret also of those that say where it is sent.</param>
/// <param name="SentTo">For a secret: the settings that say where it is sent. When they change, it is removed.</param>
/// <param name="Removed">After a change: the secrets that went with it.</param>
public sealed record SettingView(
    string Key, string Group, string Description, string? Value, bool IsSet, string? Default, string Source, bool Fixed, bool Secret, bool NeedsRestart,
    IReadOnlyList<string> Choices, long LastChange, DateTimeOffset? ChangedAt, string? ChangedBy, IReadOnlyList<string> SentTo, IReadOnlyList<string> Removed)
{
    public static SettingView Of(ChangeSetting.Done done) => Of(done.State) with { Removed = done.Removed };

    public static SettingView Of(SettingState s) => new(
        s.Definition.Key, s.Definition.Group, s.Definition.Description, s.Value, s.IsSet, s.Definition.Default, s.Source, s.FixedBy is not null, s.Definition.IsSecret,
        s.Definition.NeedsRestart, s.Definition.Choices, s.LastChange, s.ChangedAt, s.ChangedBy, s.Definition.SentTo, []);
}

/// <param name="Value">Null: back to the default.</param>
/// <param name="LastChange">The last change that you know of; if there was another one since, nothing is changed and the answer is 409.</param>
public sealed record SettingChangeRequest(string? Value, long? LastChange);

internal static class ConfigurationApi
{
    private const int MostChanges = 200;

    public static void MapConfiguration(this IEndpointRouteBuilder api)
    {
        var settings = api.MapGroup("/configuration").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Config).WithTags("Configuration").ProducesProblem(StatusCodes.Status403Forbidden);
        settings.MapGet("/", async Task<Ok<Page<SettingView>>> (SettingStore store, CancellationToken ct) =>
                TypedResults.Ok(new Page<SettingView>([.. (await store.ListAsync(ct)).Select(SettingView.Of)], null)))
            .WithSummary("List the settings that can change at run time");
        settings.MapGet("/changes", async Task<Ok<Page<SettingChangeView>>> (string? key, SettingStore store, CancellationToken ct) =>
                TypedResults.Ok(new Page<SettingChangeView>(await store.HistoryAsync(key, MostChanges, ct), null)))
            .WithSummary("List the latest changes of settings");
        settings.MapPost("/changes/{id:long}/undo", async (long id, SettingStore store, HttpResponse response, CancellationToken ct) => Answer(await store.UndoAsync(id, ct), response))
            .WithSummary("Put a setting back to what it was before its last change").ProducesProblem(404).ProducesProblem(409);
        settings.MapGet("/{key}", async Task<Results<Ok<SettingView>, ProblemHttpResult>> (string key, SettingStore store, HttpResponse response, CancellationToken ct) =>
                await store.FindAsync(key, ct) is { } state ? Answer(SettingView.Of(state), response) : NotThere(key))
            .WithSummary("Read a setting; secrets are never told").ProducesProblem(404);
        settings.MapPut("/{key}", SetAsync).WithSummary("Change a setting, on all nodes at once; removes the secrets that would be sent elsewhere by it")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).TakesIfMatch();
    }

    private static async Task<Results<Ok<SettingView>, ProblemHttpResult>> SetAsync(
        string key, SettingChangeRequest change, IfMatch ifMatch, SettingStore store, Audit audit, HttpResponse response, CancellationToken ct)
    {
        var outcome = await store.SetAsync(key, change.Value, last => (change.LastChange ?? last) == last && ifMatch.Allows(Stamp(last)), ct);
        return outcome is ChangeSetting.Overtaken { State: var now } && !ifMatch.Allows(Stamp(now.LastChange))
            ? IfMatch.Failed(await audit.ChangedMeanwhileAsync(now.Definition.Key, ["setting"], ct))
            : Answer(outcome, response);
    }

    private static Results<Ok<SettingView>, ProblemHttpResult> Answer(ChangeSetting outcome, HttpResponse response) => outcome switch
    {
        ChangeSetting.Done done => Answer(SettingView.Of(done), response),
        ChangeSetting.NoSuchSetting unknown => NotThere(unknown.Key),
        ChangeSetting.Refused refused => TypedResults.Problem(refused.Reason, statusCode: 400),
        ChangeSetting.Fixed fix => TypedResults.Problem(fix.Reason, statusCode: 409),
        ChangeSetting.Overtaken overtaken => TypedResults.Problem($"{overtaken.State.Definition.Key} was changed meanwhile, by {overtaken.State.ChangedBy}.", statusCode: 409),
        _ => throw new UnreachableException(),
    };

    private static Ok<SettingView> Answer(SettingView setting, HttpResponse response)
    {
        response.SetETag(Stamp(setting.LastChange));
        return TypedResults.Ok(setting);
    }

    private static string Stamp(long lastChange) => lastChange.ToString(CultureInfo.InvariantCulture);

    private static ProblemHttpResult NotThere(string key) => TypedResults.Problem($"There is no setting {key}.", statusCode: 404);
}
