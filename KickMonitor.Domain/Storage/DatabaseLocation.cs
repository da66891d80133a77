using Microsoft.Extensions.Configuration;
using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>Which PostgreSQL the configuration names.</summary>
public static class DatabaseLocation
{
    /// <returns>Null if none is named, which means the embedded cluster.</returns>
    /// <exception cref="FormatException">It is neither a connection string nor a postgres:// address, or the two accounts do not go together.</exception>
    public static DatabaseAddress? From(IConfiguration configuration)
    {
        if (ServerFrom(configuration) is not { } server)
        {
            return null;
        }

        if (OwnerFrom(configuration, server) is not { } owner)
        {
            return new DatabaseAddress(server);
        }

        var (one, other) = (new NpgsqlConnectionStringBuilder(server), new NpgsqlConnectionStringBuilder(owner));
        return one.Username == other.Username ? throw new FormatException("The account that owns the schema must be another one than the one that serves; or name no owner.")
            : one.Database != other.Database ? throw new FormatException("The account that owns the schema must be one of the same database.")
            : new DatabaseAddress(server, owner);
    }

    private static string? OwnerFrom(IConfiguration configuration, string server) =>
        configuration.GetConnectionString("Owner") is { Length: > 0 } named ? Normalise(named)
        : configuration["DATABASE_OWNER_USER"] is { Length: > 0 } user
            ? new NpgsqlConnectionStringBuilder(server) { Username = user, Password = configuration["DATABASE_OWNER_PASSWORD"] }.ConnectionString
        : null;

    private static string? ServerFrom(IConfiguration configuration)
    {
        if (configuration.GetConnectionString("KickMonitor") is { Length: > 0 } named)
        {
            return Normalise(named);
        }

        if (configuration["DATABASE_URL"] is { Length: > 0 } url)
        {
            return Normalise(url);
        }

        if (configuration["DATABASE_HOST"] is not { Length: > 0 } host)
        {
            return null;
        }

        var parts = new NpgsqlConnectionStringBuilder { Host = host, Database = configuration["DATABASE_NAME"] ?? "kickmonitor" };
        if (configuration["DATABASE_PORT"] is { Length: > 0 } port)
        {
            parts["Port"] = port;
        }

        parts.Username = configuration["DATABASE_USER"] ?? parts.Username;
        parts.Password = configuration["DATABASE_PASSWORD"] ?? parts.Password;
        return parts.ConnectionString;
    }

    private static string Normalise(string text)
    {
        if (!text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) && !text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                return new NpgsqlConnectionStringBuilder(text).ConnectionString;
            }
            catch (ArgumentException e)
            {
                throw new FormatException("The database must be a postgres:// address or a connection string like \"Host=…;Database=…;Username=…;Password=…\".", e);
            }
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            throw new FormatException("The database address is not a valid postgres:// address.");
        }

        var parts = new NpgsqlConnectionStringBuilder { Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')) };
        if (uri.Host.Length > 0)
        {
            parts.Host = Uri.UnescapeDataString(uri.Host);
        }

        if (uri.Port > 0)
        {
            parts.Port = uri.Port;
        }

        var person = uri.UserInfo.Split(':', 2);
        if (person[0].Length > 0)
        {
            parts.Username = Uri.UnescapeDataString(person[0]);
        }

        if (person.Length == 2)
        {
            parts.Password = Uri.UnescapeDataString(person[1]);
        }

        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (pair, string.Empty);
            try
            {
                parts[key switch { "sslmode" => "SSL Mode", "host" => "Host", "port" => "Port", "user" => "Username", "password" => "Password", _ => key }] = value;
            }
            catch (ArgumentException e)
            {
                throw new FormatException($"The database address has an option that is not understood: {key}.", e);
            }
        }

        return parts.ConnectionString;
    }
}
