// What a page shows is in its address: Back and Forward bring it back, with the place that its reader had scrolled to.

const STILL_MS = 100; // so long without scrolling, and the place is written down

let wanted = history.state?.scroll ?? null; // the place to return to once the page has its content
let shown = location.search;
let scrolling;
history.scrollRestoration = "manual"; // the browser would scroll before there is anything to scroll to

function remember() {
  clearTimeout(scrolling);
  if (wanted === null) history.replaceState({ ...history.state, scroll: window.scrollY }, "");
}

window.addEventListener("scroll", () => {
  clearTimeout(scrolling);
  scrolling = setTimeout(remember, STILL_MS);
}, { passive: true });
window.addEventListener("pagehide", remember);

/** Put parameters into the address, those that are null left out: a step that Back returns from, or one put right. */
export function visit(parameters, { replace = false } = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null));
  const address = query.size ? `?${query}` : location.pathname;
  if (address === (location.search || location.pathname)) return;
  remember();
  wanted = null;
  if (replace) history.replaceState(history.state, "", address);
  else history.pushState({}, "", address);
  shown = location.search;
}

function returnToPlace() {
  if (wanted !== null) window.scrollTo(0, wanted);
  wanted = null;
}

/** `load`, which after it goes back to where the reader was, if this page was returned to. */
export function returning(load) {
  return async () => {
    const loaded = await load();
    returnToPlace();
    return loaded;
  };
}

/** Call `show` when Back or Forward lead to another address of this page. */
export function onReturn(show) {
  window.addEventListener("popstate", async ({ state }) => {
    if (state === null && location.search === shown) return; // a link within the page
    clearTimeout(scrolling);
    wanted = state?.scroll ?? 0;
    if (location.search !== shown) {
      shown = location.search;
      await show();
    }
    returnToPlace();
  });
}
