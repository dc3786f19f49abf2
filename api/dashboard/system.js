// What the overview says beside the coins: version, totals, sources, the last run, news.

import { $, article, el, say } from "./dom.js";
import { ago, count, duration, moment, OUTCOMES, since, sourceName, WORDS } from "./format.js";

/** Show what /health says. */
export function showSystem(health) {
  showVersion(health.version, health.published_at);
  if (health.database_connected) {
    showRun(health.last_run);
    showSources(health.etl_status, health.reasons);
  } else if ($("run").textContent === "–") {
    say("run", "Unknown");
    $("sources").replaceChildren(el("li", { "data-tone": "quiet" }, el("span", { class: "what" }, "Unknown while the warehouse is away")));
  }
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
      el("span", { class: "who" }, sourceName(source)),
      el("span", { class: "when", title: state.finished_at && moment(state.finished_at) }, when),
      el("span", { class: "what" }, records + sinceWhen),
      failing ? el("span", { class: "why" }, failing.reason) : null,
    );
  });
  $("sources").replaceChildren(...items);
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
  $("articles").replaceChildren(...data.map(article));
}
