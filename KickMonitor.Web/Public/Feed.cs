using System.Globalization;
using System.Text;
using System.Xml.Linq;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Hosting;
using Npgsql;

namespace KickMonitor.Web.Public;

/// <summary>The latest starts of a group's streamers, as RSS.</summary>
public sealed class Feed(NpgsqlDataSource source, LiveBoard board, PublicAddress address)
{
    private const int Most = 30;

    public async Task<byte[]> WriteAsync(GroupView group, CancellationToken ct)
    {
        string page = address.To($"/p/{group.Name}");
        var document = new XElement(
            "rss", new XAttribute("version", "2.0"),
            new XElement(
                "channel",
                new XElement("title", $"{group.Name} · KickMonitor"), new XElement("link", page), new XElement("description", $"Who of {group.Name} went live"), new XElement("ttl", 1),
                await ItemsAsync(group, ct)));
        return Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + document.ToString(SaveOptions.DisableFormatting));
    }

    private async Task<List<XElement>> ItemsAsync(GroupView group, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT e.id, e.broadcaster_user_id, e.occurred_at, e.title, e.category
            FROM unnest($1) AS who, LATERAL (
                SELECT * FROM status_events WHERE broadcaster_user_id = who AND kind = 'went_live' ORDER BY id DESC LIMIT $2) e
            ORDER BY e.occurred_at DESC LIMIT $2
            """);
        command.Parameters.AddWithValue(group.Members.ToArray());
        command.Parameters.AddWithValue(Most);
        var items = new List<XElement>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (board.Snapshot.Find(reader.GetInt64(1)) is { } row)
            {
                string what = string.Join(" · ", new[] { reader.IsDBNull(3) ? null : reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4) }.OfType<string>());
                items.Add(new XElement(
                    "item",
                    new XElement("title", $"{Printable.Of(row.DisplayName)} is live"),
                    new XElement("link", $"https://kick.com/{row.Slug}"),
                    new XElement("guid", new XAttribute("isPermaLink", "false"), $"kickmonitor-start-{reader.GetInt64(0).ToString(CultureInfo.InvariantCulture)}"),
                    new XElement("pubDate", reader.GetFieldValue<DateTimeOffset>(2).ToUniversalTime().ToString("R", CultureInfo.InvariantCulture)),
                    new XElement("description", Printable.Of(what))));
            }
        }

        return items;
    }
}
