using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;

namespace KickMonitor.Web.Texts;

/// <summary>
/// The language of a page: the one in the person's profile, else the one the browser asks for. Numbers follow it whatever it is;
/// texts follow it where there are texts in it. Programs are answered in English.
/// </summary>
public static class Languages
{
    private const int MostAsked = 5;
    private static readonly CultureInfo Default = CultureInfo.GetCultureInfo("en");

    public static void UseLanguages(this WebApplication app) =>
        app.UseWhen(context => !context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/hubs"), pages => pages.Use(async (context, next) =>
        {
            // Set within an asynchronous call, it holds for this request and for the circuit that begins with it, and for nobody else.
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = Of(context);
            await next(context);
        }));

    /// <summary>The same action in the language that is spoken here. What a timer or the bus calls would speak the server's.</summary>
    public static Action Keep(Action action)
    {
        var (culture, texts) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        return () =>
        {
            Speak(culture, texts);
            action();
        };
    }

    /// <inheritdoc cref="Keep(Action)"/>
    public static Action<TNews> Keep<TNews>(Action<TNews> action)
    {
        var (culture, texts) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        return news =>
        {
            Speak(culture, texts);
            action(news);
        };
    }

    /// <summary>Changing it costs a new context of execution each time, and a thousand pages in a row mostly speak the same.</summary>
    private static void Speak(CultureInfo culture, CultureInfo texts)
    {
        if (!ReferenceEquals(CultureInfo.CurrentCulture, culture) || !ReferenceEquals(CultureInfo.CurrentUICulture, texts))
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, texts);
        }
    }

    /// <summary>The language of texts that this browser asks for, whoever sits before it.</summary>
    public static CultureInfo TextsFor(HttpRequest request) => TextsOf([.. Asked(request).Select(Find).OfType<CultureInfo>()]);

    private static (CultureInfo Numbers, CultureInfo Texts) Of(HttpContext context)
    {
        var own = context.RequestServices.GetRequiredService<Rights>().Of(context.User)?.Language;
        var wanted = own is null ? Asked(context.Request).ToList() : [own];
        var cultures = wanted.Select(Find).OfType<CultureInfo>().ToList();
        return (cultures.Count > 0 ? cultures[0] : Default, TextsOf(cultures));
    }

    private static CultureInfo TextsOf(List<CultureInfo> wanted) =>
        CultureInfo.GetCultureInfo(wanted.Select(c => c.TwoLetterISOLanguageName).FirstOrDefault(Translation.Written.Contains) ?? Translation.Written[0]);

    private static IEnumerable<string> Asked(HttpRequest request) =>
        request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Take(MostAsked).Select(l => l.Value.ToString());

    private static CultureInfo? Find(string name)
    {
        try
        {
            return name is "*" ? null : CultureInfo.GetCultureInfo(name, predefinedOnly: true);
        }
        catch (CultureNotFoundException)
        {
            return null;
        }
    }
}
