"use strict";
(() => {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

  function span(seconds) {
    if (seconds < 60) {
      return `${seconds} s`;
    }
    const at = units.findIndex(([, size]) => seconds >= size);
    const [unit, size] = units[at];
    const whole = Math.floor(seconds / size);
    const [next, nextSize] = units[at + 1];
    const rest = Math.floor((seconds - whole * size) / nextSize);
    return unit === "min" || rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${next}`;
  }

  // As the person's profile says, else as the browser does; a zone that the browser does not know is the browser's own.
  function format(style) {
    const { language, zone } = document.documentElement.dataset;
    try {
      return new Intl.DateTimeFormat(language || undefined, { ...style, timeZone: zone || undefined });
    } catch {
      return new Intl.DateTimeFormat(undefined, style);
    }
  }
  const exact = format({ dateStyle: "medium", timeStyle: "medium" });
  const clock = format({ timeStyle: "short" });
  const day = format({ month: "short", day: "numeric" });
  const [justNow, ago] = document.documentElement.dataset.words.split("|");

  const told = new WeakMap();

  // Fills in ages. Only the text that differs is written, so that screen readers and the layout are left in peace.
  function age() {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-at]")) {
      const at = Number(time.dataset.at);
      const seconds = Math.max(0, Math.round((now - at) / 1000));
      let text;
      if (time.dataset.style === "time") {
        text = exact.format(at);
      } else if (time.dataset.style === "clock") {
        text = clock.format(at);
      } else if (time.dataset.style === "day") {
        text = day.format(at);
      } else if (time.dataset.style === "for") {
        text = span(seconds);
      } else {
        text = seconds < 2 ? justNow : ago.replace("{0}", span(seconds));
      }
      if (time.textContent !== text) {
        time.textContent = text;
      }
      if (told.get(time) !== at) {
        told.set(time, at);
        time.title = exact.format(at);
        time.dateTime = new Date(at).toISOString();
      }
      const row = time.closest("[data-slug]");
      if (row && time.classList.contains("age")) {
        row.classList.toggle("is-stale", seconds * 1000 > Number(row.closest("[data-stale]")?.dataset.stale ?? Infinity));
      }
    }
  }

  setInterval(() => { if (!document.hidden) { age(); } }, 1000);
  document.addEventListener("visibilitychange", age);
  new MutationObserver((changes) => {
    if (changes.some((c) => c.type === "attributes" || [...c.addedNodes].some((n) => n.nodeType === 1))) {
      age();
      showTab();
    }
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-at"] });
  age();

  // What a page in a circuit is called (Components/DocumentTitle.razor).
  customElements.define("document-title", class extends HTMLElement {
    static observedAttributes = ["value"];
    attributeChangedCallback() {
      document.title = this.getAttribute("value");
    }
  });

  // A page that is no longer anybody's leaves (Pages/Accounts/NotAllowed.razor).
  customElements.define("leave-for", class extends HTMLElement {
    static observedAttributes = ["value"];
    attributeChangedCallback() {
      const address = this.getAttribute("value");
      if (address?.startsWith("/signin?")) {
        location.assign(address);
      }
    }
  });

  // A row of tabs that is wider than its window begins where one is.
  let shown = null;
  function showTab() {
    const tab = document.querySelector(".subnav .active");
    if (tab && tab !== shown) {
      shown = tab;
      const row = tab.parentElement;
      row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
    }
  }
  showTab();

  addEventListener("load", () => {
    document.querySelectorAll("link[data-late]").forEach((sheet) => { sheet.media = "all"; });
    document.querySelectorAll("script[data-late]").forEach((late) => {
      const script = document.createElement("script");
      script.src = late.src;
      document.head.append(script);
    });
  });

  // How this browser wants things to look: the words of a cookie, which the server reads for the first paint (Components/Look.cs).
  const look = new Set((/(?:^|; )kickmonitor\.look=([^;]*)/.exec(document.cookie)?.[1] ?? "").split(".").filter(Boolean));
  const choose = (words, chosen) => {
    words.forEach((w) => look.delete(w));
    if (chosen) {
      look.add(chosen);
    }
  };
  const changeLook = {
    theme: (field) => {
      choose(["dark", "contrast", "light"], field.value);
      document.documentElement.dataset.theme = field.value;
    },
    effects: (field) => {
      choose(["plain"], field.checked ? null : "plain");
      document.documentElement.dataset.effects = field.checked ? "on" : "off";
    },
    dense: (field) => {
      choose(["dense"], field.checked ? "dense" : null);
      document.documentElement.dataset.density = field.checked ? "dense" : "roomy";
    },
    shape: (field) => choose(["cards"], field.value === "cards" ? "cards" : null),
    stars: (field) => choose(["mixed"], field.checked ? null : "mixed"),
  };
  document.addEventListener("change", (e) => {
    const field = e.target.closest?.("[data-look]");
    if (field) {
      changeLook[field.dataset.look]?.(field);
      document.cookie = `kickmonitor.look=${[...look].join(".")}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    }
  }, true);

  // Menus close like menus.
  const closeMenus = (except) => document.querySelectorAll("details[data-menu][open]").forEach((m) => { if (m !== except) { m.open = false; } });
  document.addEventListener("click", (e) => closeMenus(e.target.closest?.("details[data-menu]")));

  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      const menu = document.activeElement?.closest?.("details[data-menu][open]");
      closeMenus();
      menu?.querySelector("summary").focus();
    }
    if (e.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "")) {
      const field = document.querySelector("[data-key='/']");
      if (field) {
        e.preventDefault();
        field.focus();
      }
    }
  });

  // A circuit that the server no longer knows cannot be resumed: reload once the server answers.
  const notice = document.getElementById("components-reconnect-modal");
  let waiting = false;
  const place = "kickmonitor.place";
  function reload() {
    sessionStorage.setItem(place, JSON.stringify({ address: location.href, y: scrollY }));
    location.reload();
  }

  // Back to where the reader was, as soon as there is enough page to be there.
  const left = JSON.parse(sessionStorage.getItem(place) ?? "null");
  sessionStorage.removeItem(place);
  if (left?.address === location.href && left.y > 0) {
    const until = Date.now() + 10000;
    const back = () => {
      scrollTo({ top: left.y, behavior: "instant" });
      if (Math.abs(scrollY - left.y) > 2 && Date.now() < until) {
        requestAnimationFrame(back);
      }
    };
    back();
  }

  new MutationObserver(() => {
    if (waiting || !/components-reconnect-(failed|rejected)/.test(notice.className)) {
      return;
    }
    waiting = true;
    const attempt = () => fetch("/readyz", { cache: "no-store" })
      .then((answer) => (answer.ok ? reload() : Promise.reject()))
      .catch(() => setTimeout(attempt, 2000));
    attempt();
  }).observe(notice, { attributes: true, attributeFilter: ["class"] });
})();
