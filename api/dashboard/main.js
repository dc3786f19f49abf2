// The dashboard: looks at /health every few seconds, and reloads the rest when a new version is published.

import { start } from "./coins.js";
import { $, webAddress } from "./dom.js";
import { notice, showHealth, showNews, showTotals } from "./system.js";

const LOOK_MS = 5000;
let shown; // the version in the table; undefined before the first answer

async function json(path, headers = {}) {
  const response = await fetch(path, { headers: { Accept: "application/json", ...headers } });
  const body = await response.json();
  if (!response.ok && !("database_connected" in body)) throw new Error(body.detail ?? `status ${response.status}`);
  return body;
}

const reloadCoins = start(
  (meta) => {
    shown = meta.version;
    notice("coins", []);
  },
  (error) => {
    const unreachable = error instanceof TypeError;
    notice("coins", [["bad", unreachable ? "The API can't be reached. Trying again." : `The coins can't be shown: ${error.message}`]]);
  },
);

/** Totals and news change with the version only, and failing to get them leaves what is shown. */
async function loadRest() {
  await Promise.allSettled([json("/stats?limit=1").then(showTotals), json("/data?source=rss&limit=6").then(showNews)]);
}

let failing = false;

async function look() {
  try {
    const health = await json("/health");
    showHealth(health);
    notice("reach", []);
    if (failing || health.version !== shown) await Promise.all([reloadCoins(), loadRest()]);
    failing = false;
  } catch {
    failing = true;
    $("state").dataset.tone = "bad";
    $("state-text").textContent = "Not reachable";
    notice("reach", [["bad", "The API does not answer. What you see may be old; trying again every few seconds."]]);
  }
}

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, LOOK_MS);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
});

json("/").then(({ prefect, invented }) => {
  if (invented) notice("invented", [["warn", "A demo: every price, coin and headline here is invented."]]);
  const address = webAddress(prefect);
  if (!address) return;
  $("prefect").href = address;
  $("prefect").hidden = false;
}, () => {});
await Promise.all([reloadCoins(), loadRest()]);
watch();
