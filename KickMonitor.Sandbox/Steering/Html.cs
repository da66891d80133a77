using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace KickMonitor.Sandbox;

/// <summary>Markup in which everything interpolated is encoded, unless it is markup itself.</summary>
internal sealed class Html
{
    private readonly string _markup;

    private Html(string markup) => _markup = markup;

    public static Html Of(Interpolated markup) => new(markup.ToString());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts));

    public override string ToString() => _markup;

    [InterpolatedStringHandler]
    internal sealed class Interpolated(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _markup = new(literalLength + (formattedCount * 16));

        public void AppendLiteral(string markup) => _markup.Append(markup);

        public void AppendFormatted(Html? markup) => _markup.Append(markup);

        public void AppendFormatted<T>(T value) =>
            _markup.Append(HtmlEncoder.Default.Encode(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? ""));

        public override string ToString() => _markup.ToString();
    }
}
