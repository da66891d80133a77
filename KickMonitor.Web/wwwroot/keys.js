"use strict";
(() => {
  const isWriting = () => /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "") || document.activeElement?.isContentEditable;
  const palette = () => document.getElementById("palette");

  // ---- Rows
  function step(by) {
    const entries = [...document.querySelectorAll("tr[data-slug], article[data-slug]")];
    if (entries.length === 0) {
      return;
    }
    const at = entries.indexOf(document.activeElement?.closest("[data-slug]"));
    const first = entries.findIndex((e) => e.getBoundingClientRect().bottom > 60);
    const next = entries[at < 0 ? Math.max(0, first) : Math.min(entries.length - 1, Math.max(0, at + by))];
    const link = next.querySelector("a:not([tabindex])");
    link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  // ---- The wall: nothing but the table, a page at a time
  const pageEvery = 12000;
  const wanted = "kickmonitor.wall";
  const board = () => document.querySelector("table.live, .cards");
  let turning = 0;
  let isFull = false;
  let leaving = Promise.resolve();
  let turn = 0;
  const isWall = () => document.documentElement.hasAttribute("data-wall");
  function leaveFull() {
    isFull = false;
    if (document.fullscreenElement) {
      leaving = document.exitFullscreen().catch(() => { });
    }
  }
  async function enterFull() {
    const mine = ++turn;

    // The browser grants at once what it is just about to end.
    await leaving;

    // A page that was loaded since is not the one that was asked by hand.
    if (navigator.userActivation?.isActive === false) {
      return;
    }
    try {
      await document.documentElement.requestFullscreen?.();
    } catch {
      return;
    }
    if (!isWall()) {
      leaveFull();
    } else {
      isFull = mine === turn;
    }
  }
  function wall(on) {
    if (on && !board()) {
      return;
    }
    clearInterval(turning);
    document.documentElement.toggleAttribute("data-wall", on);
    if (on) {
      enterFull();
      turning = setInterval(() => {
        if (document.hidden) {
          return;
        }
        const atEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 8;
        scrollTo({ top: atEnd ? 0 : scrollY + innerHeight - 120, behavior: "instant" });
      }, pageEvery);
    } else {
      leaveFull();
    }
  }

  // Asked for on another page, it begins as soon as the dashboard is there: in this document or the next.
  function wallFromAnywhere() {
    if (board()) {
      wall(true);
      return;
    }
    sessionStorage.setItem(wanted, Date.now());
    visit("/");
    awaitWall();
  }
  function awaitWall() {
    const since = Number(sessionStorage.getItem(wanted));
    if (since === 0) {
      return;
    }
    const isOver = Date.now() - since > 10000;
    if (isOver || board()) {
      sessionStorage.removeItem(wanted);
      wall(!isOver);
    } else {
      setTimeout(awaitWall, 100);
    }
  }
  awaitWall();

  // Leaving the full screen leaves the wall, but not one that began since: what the browser tells comes late.
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && isFull) {
      wall(false);
    }
  });

  // ---- The palette
  const actions = {
    wall: wallFromAnywhere,
    keys: () => document.getElementById("keys")?.showModal(),
    signout: () => document.querySelector("form.signout")?.requestSubmit(),
    "theme-dark": () => theme("dark"),
    "theme-contrast": () => theme("contrast"),
    "theme-light": () => theme("light"),
  };
  function theme(name) {
    const field = document.querySelector("[data-look=theme]");
    field.value = name;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  let entries = [];
  let chosen = 0;
  let asked = 0;
  async function ask(text) {
    const turn = ++asked;
    let found;
    try {
      const answer = await fetch(`/palette?q=${encodeURIComponent(text)}`, { headers: { accept: "application/json" }, cache: "no-store" });
      if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) {
        return;
      }
      found = await answer.json();
    } catch {
      return;
    }
    if (turn !== asked) {
      return;
    }
    entries = found;
    const list = document.getElementById("palette-list");
    list.replaceChildren(...entries.map((entry, i) => {
      const item = document.createElement("li");
      item.id = `palette-${i}`;
      item.setAttribute("role", "option");
      const label = document.createElement("span");
      label.textContent = entry.label;
      const hint = document.createElement("small");
      hint.textContent = entry.hint;
      item.append(label, hint);
      item.addEventListener("click", () => go(i));
      return item;
    }));
    palette().querySelector("[role=status]").hidden = entries.length > 0;
    choose(0);
  }
  function choose(at) {
    chosen = entries.length === 0 ? 0 : (at + entries.length) % entries.length;
    const items = document.querySelectorAll("#palette-list [role=option]");
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === chosen)));
    items[chosen]?.scrollIntoView({ block: "nearest" });
    palette().querySelector("input").setAttribute("aria-activedescendant", items[chosen]?.id ?? "");
  }
  function go(at) {
    const entry = entries[at];
    if (!entry) {
      return;
    }
    palette().close();
    if (entry.action) {
      actions[entry.action]?.();
      return;
    }
    visit(entry.href);
  }
  // A click is what the router listens to; it loads what is beyond it.
  function visit(address) {
    const link = document.createElement("a");
    link.href = address;
    document.body.append(link);
    link.click();
    link.remove();
  }
  function open() {
    const dialog = palette();
    if (!dialog || dialog.open) {
      return;
    }
    dialog.showModal();
    const field = dialog.querySelector("input");
    field.value = "";
    field.focus();
    ask("");
  }
  document.addEventListener("input", (e) => {
    if (e.target.closest?.("#palette")) {
      ask(e.target.value);
    }
  });
  document.addEventListener("click", (e) => {
    if (e.target instanceof HTMLDialogElement) {
      e.target.close();
    } else if (e.target.closest?.("[data-open=palette]")) {
      open();
    } else if (e.target.closest?.("[data-open=wall]")) {
      wall(true);
    } else if (isWall() && e.target.closest?.("a[href]")) {
      wall(false);
    }
  });

  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === "k") {
      e.preventDefault();
      open();
      return;
    }
    if (palette()?.open) {
      const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (by) {
        e.preventDefault();
        choose(chosen + by);
      } else if (e.key === "Enter" && !e.isComposing) {
        e.preventDefault();
        go(chosen);
      } else if (e.key === "Escape") {
        // A search field would take the first Escape for emptying itself.
        e.preventDefault();
        palette().close();
      }
      return;
    }
    if (e.key === "Escape" && isWall()) {
      wall(false);
    }
    if (e.ctrlKey || e.metaKey || e.altKey || isWriting() || document.querySelector("dialog[open]")) {
      return;
    }
    switch (e.key) {
      case "j": step(1); break;
      case "k": step(-1); break;
      case "w": wall(!isWall()); break;
      case "?": actions.keys(); break;
    }
  });
})();
