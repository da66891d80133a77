// Tells the page whether its tab can be seen, how many cards fit side by side and who got a star; lights what has just changed.
const cardWidth = 250, gap = 14;
let page = null;

export function watch(it) {
  page = it;
  if (document.hidden) {
    tellHidden();
  }
  tellColumns();
}

export function tellColumns() {
  const cards = document.querySelector(".cards");
  if (!cards) {
    return;
  }
  const columns = Math.max(1, Math.floor((cards.clientWidth + gap) / (cardWidth + gap)));
  if (String(columns) !== cards.dataset.columns) {
    page?.invokeMethodAsync("SetColumns", columns).catch(() => { });
  }
}

function tellHidden() {
  page?.invokeMethodAsync("SetHidden", document.hidden).catch(() => { });
}

document.addEventListener("visibilitychange", tellHidden);
addEventListener("resize", () => requestAnimationFrame(tellColumns));

document.addEventListener("click", (e) => {
  const entry = e.target.closest?.(".star")?.closest("[data-slug]");
  if (entry) {
    page?.invokeMethodAsync("Star", entry.dataset.slug).catch(() => { });
  }
});

// A row's cells are replaced when they say something else. Those in which the words differ are lit, and all of the row when its
// status did; an age is no word, and a row that comes into sight is no news. Who stood in a replaced cell stands in the new one.
const words = (cell) => [...cell.childNodes].filter((n) => n.nodeName !== "TIME").map((n) => n.textContent).join("");
const kind = (cell) => cell.classList?.[0];
let focused = null;
document.addEventListener("focusin", (e) => { focused = e.target; });
new MutationObserver((changes) => {
  const gone = new Map();
  for (const { target, removedNodes, addedNodes } of changes) {
    if (!target.dataset?.slug) {
      continue;
    }
    if (!gone.has(target)) {
      gone.set(target, new Map());
    }
    const before = gone.get(target);
    removedNodes.forEach((cell) => before.set(kind(cell), cell));
    addedNodes.forEach((cell) => {
      const old = before.get(kind(cell));
      if (!old) {
        return;
      }
      if (old.contains(focused) && document.activeElement === document.body) {
        cell.querySelector(focused.matches(".star") ? ".star" : "a")?.focus({ preventScroll: true });
      }
      if (words(old) !== words(cell)) {
        (kind(cell) === "c-status" ? [...target.children] : [cell]).forEach((c) => c.classList.add("lit"));
      }
    });
  }
}).observe(document.body, { subtree: true, childList: true });
document.addEventListener("animationend", (e) => { if (e.animationName === "lit") { e.target.classList.remove("lit"); } });
