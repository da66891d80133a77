using System.Net.Sockets;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Declarations;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Storage.Embedded;
using Microsoft.Extensions.Options;
using Npgsql;

namespace KickMonitor.Web.Cli;

/// <summary>Why a verb ends with something else than 0, in words for a person.</summary>
internal sealed class CliFailure(ExitCode code, string error, string? hint = null) : Exception(error)
{
    public ExitCode Code => code;

    public string? Hint => hint;

    public static CliFailure Of(KickFailure failure) => new(
        ExitCode.KickUnavailable,
        $"Kick could not be asked ({failure.Kind}): {failure.Detail}.",
        failure.Kind == KickFailureKind.Unauthorized
            ? "Check KICK_CLIENT_ID and KICK_CLIENT_SECRET."
            : "Try again later; `kickmonitor kick check` tells more.");

    /// <summary>The one place where an exception becomes an exit code.</summary>
    public static CliFailure Of(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case CliFailure failure:
                    return failure;
                case OptionsValidationException invalid:
                    return new CliFailure(ExitCode.Usage, string.Join(' ', invalid.Failures));
                case PostgresException { SqlState: ['0', '8', ..] or ['2', '8', ..] or ['3', 'D', ..] or ['5', '3', ..] or ['5', '7', ..] } refused:
                    return Database(refused.MessageText);
                case PostgresException unexpected:
                    return new CliFailure(ExitCode.Unexpected, $"The database refused: {unexpected.MessageText} ({unexpected.SqlState}).");
                case NpgsqlException or SocketException or TimeoutException:
                    return Database(e.Message);
                case DeclarationException declaration:
                    return new CliFailure(ExitCode.Refused, declaration.Message);
                case BackupException backup:
                    return new CliFailure(ExitCode.Refused, backup.Message, backup.Hint);
                case EmbeddedPostgresException or RestorationCutOffException:
                    return new CliFailure(ExitCode.DatabaseUnavailable, e.Message);
                default:
                    continue;
            }
        }

        return new CliFailure(ExitCode.Unexpected, $"{exception.GetType().Name}: {exception.Message}");
    }

    private static CliFailure Database(string reason) => new(
        ExitCode.DatabaseUnavailable,
        $"The database is unavailable: {reason.TrimEnd('.')}.",
        "Check DATABASE_URL, and that PostgreSQL runs.");
}
