namespace KickMonitor.Benchmarks;

internal static class Median
{
    public static double Of(IEnumerable<double> values) => Quantile(values, 0.5);

    /// <summary>The smallest value that at least this share of the values does not exceed; for 0.5 the mean of the two in the middle.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            return double.NaN;
        }

        return share == 0.5 && sorted.Length % 2 == 0
            ? (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2
            : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
