// The feed of changes, the newest first.

import { onReturn, returning, visit } from "./address.js";
import { $, coinLink, el, fill, say } from "./dom.js";
import { ago, count, moment } from "./format.js";
import { attempt, json, watch } from "./shell.js";

const PAGE = 50;
const MOST = 1000;
const KINDS = { added: "added", merged: "merged", split: "split", renamed: "renamed", symbol_changed: "new symbol", delisted: "delisted", relisted: "relisted" };

const rows = [];
let cursor = null;

$("kind").append(...Object.entries(KINDS).map(([value, text]) => el("option", { value }, text)));
let wanted; // how many to begin with: as many as were shown to a reader who returns
readAddress();

function readAddress() {
  const address = new URLSearchParams(location.search);
  $("kind").value = address.get("kind") ?? "";
  wanted = Math.min(MOST, Math.max(PAGE, Number.parseInt(address.get("shown"), 10) || 0));
}

/** Load the first page, or with `more` the next one. Returns the version. */
async function load(more = false) {
  const query = new URLSearchParams({ sort: "-time", limit: more ? PAGE : wanted });
  if ($("kind").value) query.set("kind", $("kind").value);
  if (more) query.set("cursor", cursor);
  const { data, pagination, meta } = await json(`/changes?${query}`);
  if (!more) rows.length = 0;
  rows.push(...data.map(row));
  if (more) visit({ kind: $("kind").value || null, shown: rows.length }, { replace: true });
  cursor = pagination.next_cursor;
  const nothing = $("kind").value ? "No change of this kind." : "Nothing has changed since the first version: what coins do next appears here.";
  fill("changes", ["When", "What", "Coin", "More", ">Version"], rows, nothing);
  say("range", rows.length ? `${count(rows.length)} of ${count(pagination.total_items)}` : "");
  $("more").hidden = cursor === null;
  return meta.version;
}

function row(change) {
  const values = [change.old_value, change.new_value].filter(Boolean).join(" → ");
  const other = change.other_canonical_id;
  const partner = other && el("span", {}, change.kind === "merged" ? "into " : "from ", coinLink(other));
  return [
    el("span", { title: moment(change.changed_at) }, ago(change.changed_at)),
    el("span", { class: "tag", "data-tone": "quiet" }, KINDS[change.kind] ?? change.kind),
    coinLink(change.canonical_id),
    el("span", { class: "reason" }, partner ?? "", el("bdi", {}, values || change.detail || "")),
    count(change.version),
  ];
}

$("kind").addEventListener("change", () => {
  visit({ kind: $("kind").value || null });
  readAddress();
  attempt("The changes", () => load());
});
onReturn(() => {
  readAddress();
  return attempt("The changes", () => load());
});
$("more").addEventListener("click", () => attempt("More changes", () => load(true)));
watch({ load: returning(() => attempt("The changes", () => load())) });
