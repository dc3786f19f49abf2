// How runs ended, each source's part in them, and the start of a run by those who have the key.

import { returning } from "./address.js";
import { $, el, fill, say } from "./dom.js";
import { ago, count, duration, moment, OUTCOMES, sourceName, WORDS } from "./format.js";
import { attempt, json, watch } from "./shell.js";

const SHOWN = 20;
const PARTS = 100; // as many as the API gives: each run has four or more
let last; // the run that the page shows as the last one

async function load() {
  const { summary, runs, recent_runs: recent } = await json(`/stats?limit=${PARTS}`);
  fill("summary", ["Source", ">Runs", ">Failed", ">Records", ">Mean duration", "Last success", "Last failure"],
    Object.entries(summary).map(([source, of]) => [
      sourceName(source), count(of.total_runs), count(of.failed_runs), count(of.total_records_processed),
      of.average_duration_seconds === null ? "–" : duration(of.average_duration_seconds),
      past(of.last_success), past(of.last_failure),
    ]), "No source has run yet.");
  const partsOf = (run) => recent.filter((part) => part.run_id === run.run_id).sort((one, other) => one.source.localeCompare(other.source));
  fill("recent", ["When", "Outcome", ">Took", "Its sources"], runs.slice(0, SHOWN).map((run) => [
    el("span", {}, past(run.started_at), el("small", {}, run.trigger)), outcome(run),
    run.duration_seconds === null ? "–" : duration(run.duration_seconds),
    el("span", {}, ...partsOf(run).map(sourceLine)),
  ]), "No run yet. The first one starts with the system.");
}

function sourceLine(part) {
  const took = part.duration_seconds === null ? "" : ` in ${duration(part.duration_seconds).replaceAll(" ", "\u00A0")}`;
  const what = part.status === "success" ? `${count(part.records_processed)} records${took}` : WORDS[part.status] ?? part.status;
  const tone = part.status === "success" ? null : OUTCOMES[part.status] ?? "quiet";
  return el("span", { class: "part", "data-tone": tone }, sourceName(part.source), ": ", what, part.error && el("small", {}, part.error));
}

function past(time) {
  return time ? el("span", { title: moment(time) }, ago(time)) : "–";
}

/** How a run ended, what it published, and why it failed or what went wrong. */
function outcome({ status, error, version }) {
  const word = el("span", { class: "tag", "data-tone": OUTCOMES[status] ?? "quiet" }, WORDS[status] ?? status);
  return el("span", { class: "reason" }, word, version === null ? "" : ` version ${count(version)}`, error && el("small", {}, error));
}

$("start-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    const { run_id: id } = await json("/etl/trigger", { method: "POST", headers: { "X-API-Key": $("key").value } });
    say("started", `A run is on its way: ${id}.`);
    $("key").value = "";
  } catch (error) {
    say("started", error.message);
  }
  button.disabled = false;
});

watch({
  load: returning(() => attempt("The runs", load)),
  onHealth({ last_run: run }) {
    const now = `${run?.run_id} ${run?.status}`;
    if (last !== undefined && last !== now) attempt("The runs", load);
    last = now;
  },
});
