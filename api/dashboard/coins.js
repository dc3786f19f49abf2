// The table of coins: search, sort and pages, all answered by /data. What is shown is in the page's address.

import { $, coinLink, el, say } from "./dom.js";
import { ago, amount, change, count, exact, moment, price, sourceName } from "./format.js";

const PAGE = 50;
const FIELDS = "canonical_id,symbol,name,status,rank,price_usd,market_cap_usd,volume_24h_usd,percent_change_24h,sources,updated_at";

const view = { search: "", sort: "rank", page: 1 };
let asked = 0;

/** Start: read the address, listen to the controls. `attempt` runs each load; returns how to load the page in view. */
export function start(attempt) {
  readAddress();
  const reload = () => attempt(load);
  let typing;
  $("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ search: $("search").value.trim(), page: 1 }, reload), 180);
  });
  $("search-form").addEventListener("submit", (event) => event.preventDefault());
  for (const header of document.querySelectorAll("th[data-sort]")) {
    header.querySelector("button").addEventListener("click", () => go({ sort: nextSort(header), page: 1 }, reload));
  }
  $("previous").addEventListener("click", () => go({ page: view.page - 1 }, reload));
  $("next").addEventListener("click", () => go({ page: view.page + 1 }, reload));
  document.addEventListener("keydown", (event) => {
    const typingNow = event.target.matches("input, textarea, select");
    if (event.key === "/" && !typingNow && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      $("search").focus();
    } else if (event.key === "Escape" && event.target === $("search")) {
      $("search").value = "";
      go({ search: "", page: 1 }, reload);
    }
  });
  window.addEventListener("popstate", () => {
    readAddress();
    reload();
  });
  return reload;
}

function readAddress() {
  const address = new URLSearchParams(location.search);
  view.search = (address.get("search") ?? "").slice(0, 100);
  view.sort = document.querySelector(`th[data-sort="${CSS.escape((address.get("sort") ?? "").replace(/^-/, ""))}"]`)
    ? address.get("sort")
    : "rank";
  view.page = Math.max(1, Number.parseInt(address.get("page"), 10) || 1);
  $("search").value = view.search;
}

function go(change, reload) {
  Object.assign(view, change);
  const address = new URLSearchParams();
  if (view.search) address.set("search", view.search);
  if (view.sort !== "rank") address.set("sort", view.sort);
  if (view.page > 1) address.set("page", view.page);
  history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
  reload();
}

function nextSort(header) {
  const key = header.dataset.sort;
  const first = header.dataset.first === "desc" ? `-${key}` : key;
  const second = first.startsWith("-") ? key : `-${key}`;
  return view.sort === first ? second : first;
}

/** Ask for the page in view and show it, unless a newer question was asked meanwhile. Returns the answer's version. */
async function load() {
  const mine = ++asked;
  const query = new URLSearchParams({
    fields: FIELDS, decimals: "string", limit: PAGE, sort: view.sort, offset: (view.page - 1) * PAGE,
  });
  if (view.search) query.set("search", view.search);
  $("rows").parentElement.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(`/data?${query}`);
    if (!response.ok) throw new Error((await response.json()).detail);
    const answer = await response.json();
    if (mine === asked) show(answer);
    return answer.meta.version;
  } finally {
    if (mine === asked) $("rows").parentElement.removeAttribute("aria-busy");
  }
}

function show({ data, pagination, meta }) {
  if (data.length === 0 && view.page > 1 && pagination.total_pages > 0) {
    view.page = pagination.total_pages; // the market shrank under us
    load();
    return;
  }
  for (const header of document.querySelectorAll("th[data-sort]")) {
    const mine = view.sort.replace(/^-/, "") === header.dataset.sort;
    if (mine) header.setAttribute("aria-sort", view.sort.startsWith("-") ? "descending" : "ascending");
    else header.removeAttribute("aria-sort");
  }
  $("rows").replaceChildren(...data.map(row));
  showBlank(meta, data.length);
  const first = (view.page - 1) * PAGE;
  const range = `${count(first + 1)}–${count(first + data.length)} of ${count(pagination.total_items)}`;
  say("range", data.length ? range : "");
  $("pages").hidden = pagination.total_pages <= 1;
  $("previous").disabled = view.page <= 1;
  $("next").disabled = view.page >= pagination.total_pages;
}

function showBlank(meta, rows) {
  const blank = $("blank");
  blank.hidden = rows > 0;
  if (rows > 0) return;
  blank.replaceChildren(
    ...(meta.version === null
      ? [
          el("strong", {}, "Nothing is published yet"),
          el("p", {}, "Coins appear here by themselves once the first pass has fetched, checked and published them."),
        ]
      : [el("strong", {}, `No coin matches “${view.search}”`), el("p", {}, "Part of a name or symbol is enough.")]),
  );
}

function row(coin) {
  const moved = change(coin.percent_change_24h);
  const gone = coin.status !== "active";
  return el(
    "tr",
    { "data-id": coin.canonical_id },
    el("td", { class: "rank" }, coin.rank === null ? "–" : String(coin.rank)),
    el(
      "th",
      { scope: "row", class: "coin" },
      el(
        "div",
        { class: "line" },
        el("span", { class: "name", title: coin.name }, coinLink(coin.canonical_id, coin.name)),
        gone ? el("span", { class: "tag" }, coin.status) : null,
        el("bdi", { class: "symbol" }, coin.symbol),
      ),
    ),
    el("td", { class: "number price", title: exact(coin.price_usd) }, price(coin.price_usd)),
    el("td", { class: "number change", "data-direction": moved.direction }, moved.text),
    el("td", { class: "number wide", title: exact(coin.market_cap_usd) }, amount(coin.market_cap_usd)),
    el("td", { class: "number wider", title: exact(coin.volume_24h_usd) }, amount(coin.volume_24h_usd)),
    el("td", { class: "wider" }, ...coin.sources.map(chip)),
    el(
      "td",
      { class: "number widest quiet", title: coin.updated_at && moment(coin.updated_at) },
      coin.updated_at ? ago(coin.updated_at) : "–",
    ),
  );
}

function chip(source) {
  const short = { coingecko: "CG", coinpaprika: "CP" }[source] ?? "CSV";
  return el("abbr", { class: "chip", title: sourceName(source) }, short);
}
