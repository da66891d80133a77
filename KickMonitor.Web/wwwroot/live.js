// Tells the page whether its tab can be seen.
export function watchVisibility(page) {
  const tell = () => page.invokeMethodAsync("SetHidden", document.hidden).catch(() => { });
  document.addEventListener("visibilitychange", tell);
  if (document.hidden) {
    tell();
  }
}
