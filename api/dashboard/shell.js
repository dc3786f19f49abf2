// What every page has: how the system is, in the header, and the notices. Looks at /health every few seconds.

import { $, el, say, webAddress } from "./dom.js";
import { ago, count, since } from "./format.js";

const LOOK_MS = 5000;
const TONES = { healthy: "good", degraded: "warn", unhealthy: "bad" };
const WORDS = { healthy: "Healthy", degraded: "Degraded", unhealthy: "Warehouse away" };

/** The JSON at a path. Throws with the API's own words; an unhealthy answer about health is an answer. */
export async function json(path, options = {}) {
  const response = await fetch(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  const body = await response.json();
  if (response.ok || "database_connected" in body) return body;
  throw Object.assign(new Error(body.detail ?? `status ${response.status}`), { status: response.status, body });
}

/** Show the notices of one kind, `[tone, text]` each, in place of those shown before. */
export function notice(kind, notices) {
  const box = $("notices");
  const wanted = notices.map(([tone, text]) => `${tone} ${text}`).join("\n");
  if ((box.getAttribute(`data-${kind}`) ?? "") === wanted) return;
  box.setAttribute(`data-${kind}`, wanted);
  for (const old of box.querySelectorAll(`[data-kind="${kind}"]`)) old.remove();
  box.append(...notices.map(([tone, text]) => el("p", { class: "notice", "data-kind": kind, "data-tone": tone }, text)));
}

/** Load what the page shows, and say so where that fails. Returns the version that `load` returns; null after a failure. */
export async function attempt(what, load) {
  try {
    const version = await load();
    notice("load", []);
    return version;
  } catch (error) {
    const unreachable = error instanceof TypeError;
    notice("load", [["bad", unreachable ? "The API can't be reached. Trying again." : `${what} can't be shown: ${error.message}`]]);
    return null;
  }
}

/**
 * Load the page, keep the header true, and load again when another version is published, or the API is back. `load`
 * returns the version it shows, if it knows; `onHealth` hears of every look.
 */
export async function watch({ load = () => undefined, onHealth = () => {} } = {}) {
  let shown; // undefined until it is known
  let failing = false;

  async function look() {
    try {
      const health = await json("/health");
      showState(health);
      onHealth(health);
      notice("reach", []);
      if (failing || (shown !== undefined && shown !== health.version)) shown = await load();
      if (shown === undefined) shown = health.version;
      failing = false;
    } catch {
      failing = true;
      $("state").dataset.tone = "bad";
      say("state-text", "Not reachable");
      notice("reach", [["bad", "The API does not answer. What you see may be old; trying again every few seconds."]]);
    }
  }

  async function again() {
    if (!document.hidden) await look();
    setTimeout(again, LOOK_MS);
  }

  markThisPage();
  json("/").then(showSystem, () => {});
  shown = await load();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
  again();
}

function markThisPage() {
  for (const link of document.querySelectorAll(".bar nav a")) {
    if (link.pathname === location.pathname && link.id !== "prefect") link.setAttribute("aria-current", "page");
  }
}

function showSystem({ prefect, invented }) {
  if (invented) notice("invented", [["warn", "A demo: every price, coin and headline here is invented."]]);
  const address = webAddress(prefect);
  if (!address) return;
  $("prefect").href = address;
  $("prefect").hidden = false;
}

function showState(health) {
  const waiting = health.database_connected && health.version === null;
  say("state-text", waiting ? "Waiting for the first run" : WORDS[health.status] ?? health.status);
  $("state").dataset.tone = waiting ? "quiet" : TONES[health.status] ?? "quiet";
  const general = health.reasons.filter((reason) => reason.source === null && health.version !== null);
  notice("system", general.map((reason) => [health.status === "unhealthy" ? "bad" : "warn", inWords(reason, health)]));
}

function inWords(reason, { status, version, published_at: publishedAt }) {
  const still = status === "unhealthy" && version !== null
    ? ` Below is version ${count(version)}, published ${ago(publishedAt)}: the last one before that.`
    : "";
  const when = reason.since ? ` (since ${since(reason.since)})` : "";
  return `${reason.reason.charAt(0).toUpperCase()}${reason.reason.slice(1)}${when}.${still}`;
}
