using System.Globalization;

namespace KickMonitor.Benchmarks.Machinery;

/// <summary>What the kernel says of a process.</summary>
internal static class Readings
{
    // The unit of /proc, fixed on Linux whatever the kernel's own tick is.
    private const double TicksASecond = 100;

    /// <summary>CPU seconds of one process so far.</summary>
    public static double Cpu(int pid)
    {
        var fields = Stat(pid);
        return fields is null ? 0 : (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksASecond;
    }

    /// <summary>CPU seconds of a process, its running children and those that it has buried.</summary>
    public static double CpuWithChildren(int pid)
    {
        if (Stat(pid) is not { } fields)
        {
            return 0;
        }

        double total = Enumerable.Range(11, 4).Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)) / TicksASecond;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int other) && other != pid && Stat(other) is { } child
                && int.Parse(child[1], CultureInfo.InvariantCulture) == pid)
            {
                total += Cpu(other);
            }
        }

        return total;
    }

    /// <summary>Memory that the kernel cannot take back without swapping, and everything mapped, in MiB.</summary>
    public static (double Unreclaimable, double Resident) Memory(int pid)
    {
        var lines = File.ReadAllLines($"/proc/{pid}/status");
        return (Field("RssAnon:") + Field("RssShmem:"), Field("VmRSS:"));

        double Field(string name) => double.Parse(
            lines.First(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", string.Empty, StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>The fields after the name, which may hold anything: [0] is the state, [1] the parent, [11] to [14] are times.</summary>
    private static string[]? Stat(int pid)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
