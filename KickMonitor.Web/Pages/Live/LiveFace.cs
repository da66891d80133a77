using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Live;

/// <summary>
/// What a row or a card says of one streamer: HTML in parts that change together. A part that says the same stays in the page
/// as it is, and with it what is focused or selected there.
/// </summary>
/// <param name="Key">The streamer's id, which every page that is drawn compares with the one before: one object for all.</param>
/// <param name="Still">The large picture of a card; a row has none.</param>
/// <param name="Name">The name, and the status, which changes as seldom.</param>
/// <param name="Starred">The same for somebody whose favourite it is.</param>
public sealed record LiveFace(object Key, string Class, MarkupString Still, MarkupString Name, MarkupString Starred, MarkupString Count, MarkupString Story, MarkupString Check);
