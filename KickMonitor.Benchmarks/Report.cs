using System.Globalization;
using System.Text.Json;

namespace KickMonitor.Benchmarks;

/// <param name="Goal">The most that is allowed, or the least; null for a reading that has no goal.</param>
internal sealed record Figure(string Benchmark, string Name, double Value, string Unit, double? Goal, bool IsLeast = false)
{
    public bool? IsMet => Goal is { } goal ? IsLeast ? Value >= goal : Value <= goal : null;
}

/// <summary>What was measured: printed as a table, kept as JSON.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private readonly List<Figure> _figures = [];
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;
    private string _benchmark = string.Empty;

    public bool AllMet => _figures.TrueForAll(f => f.IsMet != false);

    public void Begin(string benchmark, string does)
    {
        _benchmark = benchmark;
        Say($"{benchmark}: {does}");
    }

    public void Add(string name, double value, string unit, double? goal = null) => Add(new Figure(_benchmark, name, value, unit, goal));

    /// <summary>Where more is better.</summary>
    public void AddLeast(string name, double value, string unit, double goal) => Add(new Figure(_benchmark, name, value, unit, goal, IsLeast: true));

    /// <summary>Progress goes to the error stream, so that the table stands alone.</summary>
    public static void Say(string line) => Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {line}");

    public void Print()
    {
        Console.WriteLine();
        foreach (var some in _figures.GroupBy(f => f.Benchmark, StringComparer.Ordinal))
        {
            Console.WriteLine(some.Key);
            foreach (var figure in some)
            {
                Console.WriteLine("  " + Line(figure));
            }
        }
    }

    public async Task SaveAsync(string file)
    {
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, new { at = _startedAt, cores = Environment.ProcessorCount, figures = _figures }, Indented);
    }

    private void Add(Figure figure)
    {
        _figures.Add(figure);
        Say("  " + Line(figure));
    }

    private static string Line(Figure figure)
    {
        string value = Number(figure.Value) + " " + figure.Unit;
        string goal = figure.Goal is { } g ? $"{(figure.IsLeast ? "≥" : "≤")} {Number(g)} {figure.Unit}" : string.Empty;
        return $"{figure.Name,-62} {value,16}  {goal,-16} {(figure.IsMet is { } met ? met ? "PASS" : "MISS" : string.Empty)}".TrimEnd();
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) switch { >= 100 => "N0", >= 10 => "N1", _ => "N2" }, CultureInfo.InvariantCulture);
}
