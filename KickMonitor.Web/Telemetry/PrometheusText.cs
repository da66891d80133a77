using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace KickMonitor.Web.Telemetry;

/// <summary>Writes what OpenTelemetry has aggregated in Prometheus' text format; one scrape at a time.</summary>
public sealed class PrometheusText : BaseExporter<Metric>
{
    private readonly SemaphoreSlim _scraping = new(1, 1);
    private StringBuilder _text = new();

    /// <summary>Collects and returns the page.</summary>
    public async Task<string> ScrapeAsync(BaseExportingMetricReader reader, CancellationToken ct)
    {
        await _scraping.WaitAsync(ct);
        try
        {
            _text = new StringBuilder();
            reader.Collect();
            return _text.ToString();
        }
        finally
        {
            _scraping.Release();
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (var metric in batch)
        {
            Write(metric);
        }

        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        _scraping.Dispose();
        base.Dispose(disposing);
    }

    private void Write(Metric metric)
    {
        bool isSum = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        string name = Name(metric.Name) + metric.Unit switch { "s" => "_seconds", "ms" => "_milliseconds", "By" => "_bytes", _ => string.Empty } + (isSum ? "_total" : string.Empty);
        if (metric.Description.Length > 0)
        {
            _text.Append("# HELP ").Append(name).Append(' ').Append(metric.Description.Replace('\n', ' ')).Append('\n');
        }

        _text.Append("# TYPE ").Append(name).Append(' ').Append(isSum ? "counter" : metric.MetricType == MetricType.Histogram ? "histogram" : "gauge").Append('\n');
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            string labels = Labels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.Histogram:
                    WriteHistogram(name, labels, point);
                    break;
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    WriteLine(name, labels, point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    WriteLine(name, labels, point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    WriteLine(name, labels, point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    WriteLine(name, labels, point.GetGaugeLastValueDouble());
                    break;
            }
        }
    }

    private void WriteHistogram(string name, string labels, MetricPoint point)
    {
        long below = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            string bound = double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : bucket.ExplicitBound.ToString(CultureInfo.InvariantCulture);
            WriteLine(name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : string.Empty)}le=\"{bound}\"", below);
        }

        WriteLine(name + "_sum", labels, point.GetHistogramSum());
        WriteLine(name + "_count", labels, point.GetHistogramCount());
    }

    private void WriteLine(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Labels(ReadOnlyTagCollection tags)
    {
        var labels = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
            labels.Append(labels.Length > 0 ? "," : string.Empty).Append(Name(key)).Append("=\"")
                .Append(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('"');
        }

        return labels.ToString();
    }

    private static string Name(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}
