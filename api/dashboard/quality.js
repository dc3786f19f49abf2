// What sources changed, how right the identities are, and which pairs people should look at.

import { returning } from "./address.js";
import { el, fill } from "./dom.js";
import { ago, amount, count, moment, percent, sourceName } from "./format.js";
import { attempt, json, watch } from "./shell.js";

const DRIFT = "/drift?limit=100&decimals=string";
const QUALITY = "/identity/quality?limit=100&decimals=string";
const REVIEW = "/identity/review?limit=100&decimals=string";

async function load() {
  const [drift, quality, review] = await Promise.all([DRIFT, QUALITY, REVIEW].map((path) => json(path)));
  fill("drift", ["Source", "Field", "What", "How it stands", "Last seen"], drift.data.map(driftRow),
    "Nothing has changed: every source sends what is expected of it.");
  fill("identity", ["Labels", "Method", "Market cap", ">Pairs", ">Wrong", ">Missed", ">Precision", ">Recall"],
    quality.data.map(qualityRow), "Not measured yet: the first run does it.");
  fill("review", ["CoinGecko", "CoinPaprika", "Why in doubt", ">Market cap", "Line that decides"],
    review.data.map(reviewRow), "No pair is in doubt.");
}

function driftRow(event) {
  const example = event.example === null ? null : el("small", {}, "for example ", el("code", {}, event.example));
  const mapping = event.suggested_mapping && el("small", {}, el("code", {}, event.suggested_mapping));
  return [
    el("span", {}, sourceName(event.source), el("small", {}, event.table_name ?? "")),
    el("code", {}, event.field ?? ""),
    el("span", { class: "reason" }, (event.kind ?? "").replaceAll("_", " "), el("small", {}, event.evidence ?? ""), example),
    el("span", { class: "reason" }, el("span", { class: "tag", "data-tone": event.severity === "error" ? "bad" : "warn" }, event.severity), ` ${event.status ?? ""}`, mapping),
    el("span", { title: moment(event.last_seen_at) }, ago(event.last_seen_at)),
  ];
}

function qualityRow(row) {
  return [
    row.truth, row.method.replaceAll("_", " "), row.market_cap_band, count(row.pairs), count(row.wrong), count(row.missed),
    bounded(row.precision, row.precision_low, row.precision_high), bounded(row.recall, row.recall_low, row.recall_high),
  ];
}

function bounded(value, low, high) {
  return el("span", {}, percent(value), el("small", {}, value === null ? "" : `${percent(low)} – ${percent(high)}`));
}

function reviewRow(pair) {
  const side = (id, says) => el("span", { class: "reason" }, el("bdi", {}, id ?? "–"), el("small", {}, says ?? ""));
  const lines = [["same", pair.row_if_same], ["different", pair.row_if_different]]
    .filter(([, line]) => line)
    .map(([what, line]) => el("small", {}, `${what}: `, el("code", {}, line)));
  return [
    side(pair.coingecko_id, pair.coingecko_says),
    side(pair.coinpaprika_id, pair.coinpaprika_says),
    el("span", { class: "reason" }, (pair.kind ?? "").replaceAll("_", " "), el("small", {}, pair.evidence ?? "")),
    amount(pair.market_cap_usd),
    el("span", { class: "reason" }, ...lines),
  ];
}

watch({ load: returning(() => attempt("The quality", load)) });
