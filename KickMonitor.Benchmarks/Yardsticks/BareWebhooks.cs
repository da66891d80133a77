using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace KickMonitor.Benchmarks.Yardsticks;

/// <summary>
/// The least that reception can be: Kestrel, the body read, the signature checked with one shared key. With a database it also
/// stores each delivery by a statement of its own, as most receivers do.
/// </summary>
internal static class BareWebhooks
{
    public const string Name = "bare-webhooks";
    private const string Path = "/webhooks/kick";

    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        using var key = RSA.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(args[0]));
        app.MapGet("/healthz", () => "ok");
        if (args.Length == 1)
        {
            app.MapPost(Path, async context => await ReadAsync(context, key));
            await app.RunAsync();
            return 0;
        }

        await using var source = new NpgsqlSlimDataSourceBuilder(args[1] + ";Maximum Pool Size=32").Build();
        await using (var table = source.CreateCommand("CREATE TABLE inbox (message_id text PRIMARY KEY, type text NOT NULL, sent_at text NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)"))
        {
            await table.ExecuteNonQueryAsync();
        }

        app.MapPost(Path, async context =>
        {
            if (await ReadAsync(context, key) is { } body)
            {
                await InsertAsync(source, context.Request.Headers, body);
            }
        });
        await app.RunAsync();
        return 0;
    }

    private static async Task InsertAsync(NpgsqlDataSource source, IHeaderDictionary headers, byte[] body)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var insert = new NpgsqlCommand("INSERT INTO inbox (message_id, type, sent_at, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", connection);
        insert.Parameters.AddWithValue(headers["Kick-Event-Message-Id"].ToString());
        insert.Parameters.AddWithValue(headers["Kick-Event-Type"].ToString());
        insert.Parameters.AddWithValue(headers["Kick-Event-Message-Timestamp"].ToString());
        insert.Parameters.AddWithValue(body);
        await insert.PrepareAsync();
        await insert.ExecuteNonQueryAsync();
    }

    /// <returns>Null if the signature is wrong, which was answered.</returns>
    private static async Task<byte[]?> ReadAsync(HttpContext context, RSA key)
    {
        var headers = context.Request.Headers;
        byte[] prefix = Encoding.ASCII.GetBytes($"{headers["Kick-Event-Message-Id"]}.{headers["Kick-Event-Message-Timestamp"]}.");
        byte[] signed = new byte[prefix.Length + (int)context.Request.ContentLength!.Value];
        prefix.CopyTo(signed, 0);
        await context.Request.Body.ReadExactlyAsync(signed.AsMemory(prefix.Length));
        if (key.VerifyData(signed, Convert.FromBase64String(headers["Kick-Event-Signature"].ToString()), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
        {
            return signed[prefix.Length..];
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return null;
    }
}
