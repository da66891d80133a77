namespace KickMonitor.Web.Accounts;

/// <summary>Keeps a return address on this site: whatever could lead elsewhere leads home.</summary>
public static class LocalAddress
{
    public static string Of(string? text)
    {
        if (text is not { Length: > 0 and <= 2000 } || text[0] != '/' || text.Any(c => char.IsControl(c) || c == '\\'))
        {
            return "/";
        }

        // Whoever stands in between may decode it before the browser sees it.
        string plain = Uri.UnescapeDataString(text);
        return plain.Length > 1 && (plain[1] is '/' or '\\' || char.IsControl(plain[1])) ? "/" : text;
    }
}
