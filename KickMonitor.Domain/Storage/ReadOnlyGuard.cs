using System.Data.Common;
using KickMonitor.Domain.Accounts;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KickMonitor.Domain.Storage;

/// <summary>Lets the database itself refuse whatever somebody who only looks would change.</summary>
internal sealed class ReadOnlyGuard : DbConnectionInterceptor
{
    // The pool resets the setting when it takes the connection back.
    private const string Sql = "SET default_transaction_read_only = on";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        if (Actor.Current.IsReadOnly)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Sql;
            command.ExecuteNonQuery();
        }
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (Actor.Current.IsReadOnly)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Sql;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
