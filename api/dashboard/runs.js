// Each source's runs, and the start of a pass by those who have the key.

import { $, el, fill, say } from "./dom.js";
import { ago, count, duration, moment, OUTCOMES, sourceName, WORDS } from "./format.js";
import { attempt, json, watch } from "./shell.js";

const SHOWN = 20;
let last; // the run that the page shows as the last one

async function load() {
  const { summary, recent_runs: recent } = await json(`/stats?limit=${SHOWN}`);
  fill("summary", ["Source", ">Runs", ">Failed", ">Records", ">Mean duration", "Last success", "Last failure"],
    Object.entries(summary).map(([source, of]) => [
      sourceName(source), count(of.total_runs), count(of.failed_runs), count(of.total_records_processed),
      of.average_duration_seconds === null ? "–" : duration(of.average_duration_seconds),
      past(of.last_success), past(of.last_failure),
    ]), "No source has run yet.");
  fill("recent", ["When", "Source", "Outcome", ">Records", ">Took"], recent.map((run) => [
    past(run.started_at), sourceName(run.source), outcome(run), count(run.records_processed ?? 0),
    run.duration_seconds === null ? "–" : duration(run.duration_seconds),
  ]), "No pass has run yet. The first one starts with the system.");
}

function past(time) {
  return time ? el("span", { title: moment(time) }, ago(time)) : "–";
}

function outcome({ status, error }) {
  const word = el("span", { class: "tag", "data-tone": OUTCOMES[status] ?? "quiet" }, WORDS[status] ?? status);
  return el("span", { class: "reason" }, word, error && el("small", {}, error));
}

$("start-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    const { run_id: id } = await json("/etl/trigger", { method: "POST", headers: { "X-API-Key": $("key").value } });
    say("started", `A pass is on its way: ${id}.`);
    $("key").value = "";
  } catch (error) {
    say("started", error.message);
  }
  button.disabled = false;
});

watch({
  load: () => attempt("The runs", load),
  onHealth({ last_run: run }) {
    const now = `${run?.run_id} ${run?.status}`;
    if (last !== undefined && last !== now) attempt("The runs", load);
    last = now;
  },
});
