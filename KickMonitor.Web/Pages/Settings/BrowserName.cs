namespace KickMonitor.Web.Pages.Settings;

/// <summary>A browser's own long name of itself, as people say it.</summary>
internal static class BrowserName
{
    // Most name several others too; the first that fits is the one.
    private static readonly (string Mark, string Name)[] Browsers =
        [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl")];

    private static readonly (string Mark, string Name)[] Systems =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")];

    public static string Of(string? agent)
    {
        string? browser = Find(Browsers, agent);
        string? system = Find(Systems, agent);
        return browser is null ? system ?? T["unknown"] : system is null ? browser : T["{0} on {1}", browser, system];
    }

    private static string? Find((string Mark, string Name)[] among, string? agent) =>
        agent is null ? null : among.FirstOrDefault(a => agent.Contains(a.Mark, StringComparison.Ordinal)).Name;
}
