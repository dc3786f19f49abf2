// Everything about the system itself: health, totals, sources, the last run, news. From /health, /stats and /data.

import { $, el, say, webAddress } from "./dom.js";
import { ago, count, duration, moment, since } from "./format.js";

const TONES = { healthy: "good", degraded: "warn", unhealthy: "bad" };
const NAMES = { coingecko: "CoinGecko", coinpaprika: "CoinPaprika", csv: "CSV files", rss: "News feeds" };
const OUTCOMES = { success: "good", running: "quiet", never_run: "quiet", partial: "warn", failed: "bad", crashed: "bad" };
const WORDS = { success: "Succeeded", running: "Running", partial: "Partly failed", failed: "Failed", crashed: "Crashed", never_run: "Has not run yet" };

/** Show what /health says. */
export function showHealth(health) {
  const words = { healthy: "Healthy", degraded: "Degraded", unhealthy: "Warehouse away" };
  const waiting = health.database_connected && health.version === null;
  say("state-text", waiting ? "Waiting for the first pass" : words[health.status] ?? health.status);
  $("state").dataset.tone = waiting ? "quiet" : TONES[health.status] ?? "quiet";
  showVersion(health.version, health.published_at);
  if (health.database_connected) {
    showRun(health.last_run);
    showSources(health.etl_status, health.reasons);
  } else if ($("run").textContent === "–") {
    say("run", "Unknown");
    $("sources").replaceChildren(el("li", { "data-tone": "quiet" }, el("span", { class: "what" }, "Unknown while the warehouse is away")));
  }
  showNotices(health);
}

function showVersion(version, publishedAt) {
  say("version", version === null ? "None yet" : count(version));
  say("version-note", publishedAt ? `Published ${ago(publishedAt)}` : "", publishedAt && moment(publishedAt));
  document.title = version === null ? "Kasparro" : `Kasparro · version ${version}`;
}

function showRun(run) {
  say("run", run ? WORDS[run.status] ?? run.status : "None yet");
  $("run").dataset.tone = OUTCOMES[run?.status] ?? "quiet";
  if (!run) return say("run-note", "");
  const parts = [ago(run.completed_at ?? run.started_at)];
  if (run.duration_seconds !== null) parts.push(`took ${duration(run.duration_seconds)}`);
  if (run.records_processed) parts.push(`${count(run.records_processed)} records`);
  say("run-note", parts.join(" · "), run.error ?? moment(run.started_at));
}

function showSources(states, reasons) {
  const items = Object.entries(states).map(([source, state]) => {
    const failing = reasons.find((reason) => reason.source === source);
    const when = state.finished_at ? ago(state.finished_at) : "";
    const records = state.status === "success" ? `${count(state.records_processed)} records` : WORDS[state.status];
    const sinceWhen = failing?.since ? ` since ${since(failing.since)}` : "";
    return el(
      "li",
      { "data-tone": OUTCOMES[state.status] ?? "quiet" },
      el("span", { class: "who" }, NAMES[source] ?? source.replace(/^csv:/, "CSV ")),
      el("span", { class: "when", title: state.finished_at && moment(state.finished_at) }, when),
      el("span", { class: "what" }, records + sinceWhen),
      failing ? el("span", { class: "why" }, failing.reason) : null,
    );
  });
  $("sources").replaceChildren(...items);
}

function showNotices({ status, reasons, version, published_at: publishedAt }) {
  const general = reasons.filter((reason) => reason.source === null && version !== null);
  const notices = general.map((reason) => {
    const still = status === "unhealthy" && version !== null
      ? ` Below is version ${count(version)}, published ${ago(publishedAt)}: the last one before that.`
      : "";
    const when = reason.since ? ` (since ${since(reason.since)})` : "";
    return [status === "unhealthy" ? "bad" : "warn", `${capital(reason.reason)}${when}.${still}`];
  });
  notice("system", notices);
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Show the notices of one kind, `[tone, text]` each, in place of those shown before. */
export function notice(kind, notices) {
  const box = $("notices");
  const wanted = notices.map(([tone, text]) => `${tone} ${text}`).join("\n");
  if (box.getAttribute(`data-${kind}`) === wanted) return;
  box.setAttribute(`data-${kind}`, wanted);
  for (const old of box.querySelectorAll(`[data-kind="${kind}"]`)) old.remove();
  box.append(...notices.map(([tone, text]) => el("p", { class: "notice", "data-kind": kind, "data-tone": tone }, text)));
}

/** Show what /stats counts. */
export function showTotals({ totals }) {
  say("total-coins", count(totals.coins));
  say("total-coins-note", `from ${count(totals.listings)} listings`);
  say("total-quotes", count(totals.quotes));
  say("total-quotes-note", `${count(totals.articles)} news articles`);
}

/** Show the newest articles; the section stays away when there are none. */
export function showNews({ data }) {
  $("news").hidden = data.length === 0;
  $("articles").replaceChildren(
    ...data.map((article) => {
      const address = webAddress(article.url);
      const title = el("bdi", {}, article.title ?? "Untitled");
      return el(
        "li",
        {},
        address ? el("a", { href: address, rel: "noopener noreferrer nofollow" }, title) : title,
        el("span", { class: "when" }, [host(article.feed), article.published_at && ago(article.published_at)].filter(Boolean).join(" · ")),
      );
    }),
  );
}

function host(feed) {
  const address = webAddress(feed);
  return address ? new URL(address).hostname.replace(/^www\./, "") : feed;
}
