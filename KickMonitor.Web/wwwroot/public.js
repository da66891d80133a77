"use strict";
// Renews a page for everybody once a minute while it can be seen: in place, so that nobody loses where they were.
(() => {
  const every = 60000;
  let last = Date.now();

  async function renew() {
    if (document.hidden || Date.now() - last < every) {
      return;
    }
    last = Date.now();
    let answer;
    try {
      answer = await fetch(location.href);
    } catch {
      return;
    }
    if (answer.status === 404) {
      location.reload();
    }
    if (!answer.ok) {
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [now, then] = [document.querySelector("main"), page.querySelector("main")];
    document.title = page.title;
    if (now.innerHTML === then.innerHTML) {
      return;
    }
    const focused = now.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    now.replaceChildren(...then.childNodes);
    if (focused !== null) {
      [...now.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus({ preventScroll: true });
    }
  }

  setInterval(renew, 1000);
  document.addEventListener("visibilitychange", renew);
})();
