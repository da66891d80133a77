// Tells the page whether its tab can be seen, and how many cards fit side by side.
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
