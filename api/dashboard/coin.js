// One coin: its price and what it was, which listings it is made of and why, news, changes, relations, contracts.

import { onReturn, returning, visit } from "./address.js";
import { draw } from "./chart.js";
import { $, article, coinLink, el, fill, say } from "./dom.js";
import { ago, amount, change, count, duration, exact, label, moment, percent, price, sourceName, when } from "./format.js";
import { attempt, json, watch } from "./shell.js";

const HOUR = 3_600_000;
const RANGES = [["24 h", 1, "1h"], ["7 days", 7, "1h"], ["30 days", 30, "1h"], ["1 year", 365, "1d"], ["All", null, "1d"]];
const CONSENSUS = {
  median: "The median of its sources",
  single_source: "From a single source: nothing confirms it",
  most_plausible: "Its sources lie too far apart to be averaged; the most plausible ones count",
  none: "Nobody prices it now",
};
const KINDS = { wraps: "Wraps", bridges: "Bridges", succeeds: "Succeeds", shares_symbol: "Shares its symbol with" };

const DEFAULT = RANGES[1];

const address = () => new URLSearchParams(location.search);
let path = pathOf(address().get("id") ?? "");
let range = wantedRange();

function pathOf(id) {
  return `/coins/${encodeURIComponent(id)}`;
}

function wantedRange() {
  return RANGES.find(([name]) => name === address().get("range")) ?? DEFAULT;
}

async function load() {
  const { data: coin, meta } = await json(`${path}?decimals=string`).catch(unknown);
  if (!coin) return meta?.version;
  path = pathOf(coin.canonical_id); // a merged id has led here
  showCoin(coin);
  await Promise.all([
    loadChart(),
    json(`${path}/explain?decimals=string`).then(({ data }) => showListings(data)),
    json(`${path}/news?limit=6`).then(({ data }) => showList("articles", data.map(article), "No article mentions it.")),
    json(`/changes?sort=-time&limit=6&canonical_id=${encodeURIComponent(coin.canonical_id)}`).then(({ data }) => showChanges(data)),
  ]);
  return meta.version;
}

/** What there is to see where there is no such coin. */
function unknown(error) {
  if (error.status !== 404) throw error;
  $("coin").hidden = true;
  $("blank").hidden = false;
  $("blank").replaceChildren(el("strong", {}, error.message), el("p", {}, el("a", { href: "/" }, "All coins")));
  return {};
}

function showCoin(coin) {
  $("blank").hidden = true;
  $("coin").hidden = false;
  const [name, symbol] = [label(coin.name, coin.symbol, coin.canonical_id), label(coin.symbol)];
  document.title = `${name}${symbol && ` (${symbol})`} · Kasparro`;
  $("name").replaceChildren(el("bdi", {}, name), " ", el("bdi", { class: "symbol" }, symbol));
  const standing = [coin.rank === null ? "no rank" : `rank ${count(coin.rank)}`, coin.status, `id ${coin.canonical_id}`];
  say("standing", standing.join(" · "));
  say("price", price(coin.price_usd), exact(coin.price_usd));
  const moved = change(coin.percent_change_24h);
  $("moved").dataset.direction = moved.direction;
  say("moved", coin.percent_change_24h === null ? "" : `${moved.text} in 24 h`);
  const apart = coin.price_spread_pct === null ? "" : `, which lie ${percent(String(coin.price_spread_pct / 100))} apart`;
  const age = coin.updated_at ? `, ${ago(coin.updated_at)}` : "";
  say("consensus", `${CONSENSUS[coin.consensus] ?? ""}${coin.consensus === "median" ? apart : ""}${age}.`, coin.updated_at && moment(coin.updated_at));
  const facts = [
    ["Market cap", amount(coin.market_cap_usd), exact(coin.market_cap_usd)],
    ["Volume 24 h", amount(coin.volume_24h_usd), exact(coin.volume_24h_usd)],
    ...["circulating", "total", "max"].map((name) => {
      const supply = coin[`${name}_supply`];
      return [`${name[0].toUpperCase()}${name.slice(1)} supply`, amount(supply).replace("$", ""), exact(supply, "")];
    }),
    ["First seen", when(coin.first_seen_at), moment(coin.first_seen_at)],
  ];
  $("facts").replaceChildren(...facts.map(([name, text, title]) => el("div", {}, el("dt", {}, name), el("dd", { title }, text))));
  showRelated(coin);
}

function showRelated({ relations, deployments }) {
  $("related").hidden = !relations?.length;
  $("deployed").hidden = !deployments?.length;
  showList("relations", (relations ?? []).map((each) =>
    el("li", {}, `${KINDS[each.relation] ?? each.relation} `, coinLink(each.related_canonical_id), el("span", { class: "when" }, each.evidence ?? ""))));
  showList("contracts", (deployments ?? []).map((each) =>
    el("li", {}, el("code", {}, each.address), el("span", { class: "when" }, `${each.chain_id} · ${each.sources.map(sourceName).join(", ")}`))));
}

function showList(id, entries, nothing = "") {
  $(id).replaceChildren(...(entries.length ? entries : [el("li", { class: "soft" }, nothing)]));
}

function showListings({ listings }) {
  fill("listings", ["Source", ">Price", ">Age", "Counts", "Why it is this coin"], listings.map((each) => [
    el("span", {}, sourceName(each.source), el("small", {}, each.source_coin_id)),
    el("span", { title: exact(each.quote.price_usd) }, price(each.quote.price_usd)),
    each.age_seconds === null ? "–" : duration(each.age_seconds),
    each.is_counted
      ? el("span", {}, "yes", el("small", {}, `weight ${percent(String(each.weight))}`))
      : el("span", { class: "reason" }, "no", el("small", {}, each.held_back_reason ?? "")),
    el("span", { class: "reason" }, each.link.method?.replaceAll("_", " ") ?? "–", el("small", {}, `${percent(each.link.confidence)} sure: ${each.link.evidence ?? ""}`)),
  ]), "No source lists it now.");
}

function showChanges(changes) {
  showList("changes", changes.map((each) => {
    const values = [each.old_value, each.new_value].filter(Boolean).join(" → ");
    const words = [each.kind.replaceAll("_", " "), values || each.detail].filter(Boolean).join(": ");
    return el("li", {}, words, el("span", { class: "when", title: moment(each.changed_at) }, `${ago(each.changed_at)} · version ${count(each.version)}`));
  }), "Nothing has happened to it since it was first listed.");
}

async function loadChart() {
  const [name, days, interval] = range;
  $("ranges").replaceChildren(...RANGES.map((each) => {
    const button = el("button", { type: "button", "aria-pressed": String(each[0] === name) }, each[0]);
    button.addEventListener("click", () => choose(each));
    return button;
  }));
  const start = days === null ? "" : `&start=${new Date(Date.now() - days * 24 * HOUR).toISOString()}`;
  const { data } = await json(`${path}/history?interval=${interval}&limit=1000&decimals=string${start}`);
  const points = data.filter((each) => each.close_usd !== null).reverse()
    .map((each) => ({ at: Date.parse(each.bucket_at), value: Number(each.close_usd), text: each.close_usd, ...origin(each.sources ?? []) }));
  $("filed").hidden = !points.some(({ filed }) => filed);
  draw($("chart"), points, interval === "1h" ? HOUR : 24 * HOUR);
  fill("chart-table", ["Time", ">Open", ">High", ">Low", ">Close", "Sources"], data.slice(0, 200).map((each) => [
    when(each.bucket_at, interval === "1h"), price(each.open_usd), price(each.high_usd), price(each.low_usd), price(each.close_usd),
    (each.sources ?? []).map(sourceName).join(", "),
  ]), "No price in this time.");
}

/** Where a price is from, and whether from files alone, which are only as right as who wrote them. */
function origin(sources) {
  return { sources: sources.map(sourceName).join(", "), filed: sources.length > 0 && sources.every((source) => source.startsWith("csv:")) };
}

function choose(wanted) {
  range = wanted;
  visit({ id: address().get("id"), range: wanted === DEFAULT ? null : wanted[0] });
  attempt("The chart", loadChart).then(() => $("ranges").querySelector('[aria-pressed="true"]').focus({ preventScroll: true }));
}

onReturn(() => {
  range = wantedRange();
  return attempt("The chart", loadChart);
});
watch({ load: returning(() => attempt("The coin", load)) });
