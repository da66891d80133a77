using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace KickMonitor.Web.Cli;

/// <summary>Says results and errors in the way that was asked for: for people, or as JSON.</summary>
internal sealed class Output(Terminal terminal, bool isJson)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new UtcTime() },
    };

    public bool IsJson => isJson;

    public void Json<T>(T value) => terminal.Out.WriteLine(JsonSerializer.Serialize(value, Options));

    public void List<T>(IReadOnlyList<T> items) => Json(new { items, next = (string?)null });

    public void Line(string text) => terminal.Out.WriteLine(Plain.Text(text));

    /// <summary>One object, or the same in a line for people.</summary>
    /// <param name="line">Null: there is nothing to say.</param>
    public void Say(object json, string? line)
    {
        if (isJson)
        {
            Json(json);
        }
        else if (line is not null)
        {
            Line(line);
        }
    }

    /// <summary>A table at a terminal; elsewhere one line a row, fields parted by tabs, no heading.</summary>
    public void Table(string[] headings, IEnumerable<string?[]> rows)
    {
        if (!terminal.IsOutTerminal)
        {
            foreach (var row in rows)
            {
                terminal.Out.WriteLine(string.Join('\t', row.Select(Plain.Text)));
            }

            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (string heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(Plain.Text(cell))));
        }

        Canvas(terminal.Out, terminal).Write(table);
    }

    /// <summary>A label and what there is to say, one pair a line.</summary>
    public void Facts(params (string Label, string? Fact)[] facts)
    {
        int width = facts.Max(f => f.Label.Length) + 2;
        foreach (var (label, fact) in facts)
        {
            terminal.Out.WriteLine(label.PadRight(width) + Plain.Text(fact));
        }
    }

    public void Error(string error, string? hint)
    {
        error = Plain.Text(error);
        terminal.Error.WriteLine(isJson ? JsonSerializer.Serialize(new { error, hint }, Options) : hint is null ? error : $"{error} {hint}");
    }

    /// <summary>For people: a program finds at most one object on stderr, the error.</summary>
    public void Warning(string text)
    {
        if (!isJson)
        {
            terminal.Error.WriteLine(Plain.Text(text));
        }
    }

    public static IAnsiConsole Canvas(TextWriter writer, Terminal terminal, bool isInteractive = false)
    {
        var canvas = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = terminal.HasColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = isInteractive ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        (canvas.Profile.Width, canvas.Profile.Height) = terminal.Size();
        return canvas;
    }

    /// <summary>RFC 3339 with a Z, as the API writes it.</summary>
    private sealed class UtcTime : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
    }
}
