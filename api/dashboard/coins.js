// The table of coins: search, filter, sort and pages, all answered by /data. What is shown is in the page's address.

import { onReturn, returning, visit } from "./address.js";
import { $, coinLink, coinPage, el, say } from "./dom.js";
import { ago, amount, change, count, exact, label, moment, price, sourceName } from "./format.js";
import { bestHit, identified, inNames, LONGEST } from "./search.js";
import { json } from "./shell.js";

const PAGE = 50;
const FIELDS = "canonical_id,symbol,name,status,rank,price_usd,market_cap_usd,volume_24h_usd,percent_change_24h,sources,updated_at";

const ALIVE = { status: "active", priced: "true" };

const view = { search: "", sort: "rank", page: 1, all: false };
let asked = 0;
let sources = [];

/** Start: read the address, listen to the controls. `attempt` runs each load; returns how to load the page in view. */
export function start(attempt) {
  readAddress();
  const reload = () => attempt(load);
  const go = async (change, replace) => {
    Object.assign(view, change);
    $("all").checked = view.all;
    const { search, sort, page, all } = view;
    visit({ search: search || null, sort: sort === "rank" ? null : sort, page: page > 1 ? page : null, show: all ? "all" : null }, { replace });
    await reload();
    if ($("coins").getBoundingClientRect().top < 0) $("coins").scrollIntoView();
  };
  listenToSearch(go, attempt);
  for (const header of document.querySelectorAll("th[data-sort]")) {
    header.querySelector("button").addEventListener("click", () => go({ sort: nextSort(header), page: 1 }));
  }
  $("all").addEventListener("change", () => go({ all: $("all").checked, page: 1 }));
  $("previous").addEventListener("click", () => go({ page: view.page - 1 }));
  $("next").addEventListener("click", () => go({ page: view.page + 1 }));
  $("blank").addEventListener("click", (event) => event.target.matches("button") && go({ all: true, page: 1 }));
  onReturn(() => {
    readAddress();
    return reload();
  });
  return returning(reload);
}

function listenToSearch(go, attempt) {
  let typing;
  const search = () => {
    clearTimeout(typing);
    const text = $("search").value.trim();
    if (text !== view.search) go({ search: text, page: 1 }, Boolean(view.search && text)); // one search is one step
  };
  $("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(search, 180);
  });
  $("search-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    search();
    if (!view.search) return;
    const hit = await attempt(() => bestHit(view.search, sources));
    if (hit) location.assign(coinPage(hit));
  });
  document.addEventListener("keydown", (event) => {
    const typingNow = event.target.matches("input, textarea, select");
    if (event.key === "/" && !typingNow && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      $("search").focus();
    } else if (event.key === "Escape" && event.target === $("search")) {
      $("search").value = "";
      search();
    }
  });
}

function readAddress() {
  const address = new URLSearchParams(location.search);
  view.search = (address.get("search") ?? "").trim().slice(0, LONGEST);
  view.sort = document.querySelector(`th[data-sort="${CSS.escape((address.get("sort") ?? "").replace(/^-/, ""))}"]`)
    ? address.get("sort")
    : "rank";
  view.page = Math.max(1, Number.parseInt(address.get("page"), 10) || 1);
  view.all = address.get("show") === "all";
  $("search").value = view.search;
  $("all").checked = view.all;
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
  const query = { fields: FIELDS, decimals: "string", limit: PAGE, sort: view.sort, offset: (view.page - 1) * PAGE };
  if (!view.all) Object.assign(query, ALIVE);
  if (view.search) query.search = inNames(view.search);
  $("rows").parentElement.setAttribute("aria-busy", "true");
  try {
    const [answer, known] = await Promise.all([json(`/data?${new URLSearchParams(query)}`), knownById()]);
    if (mine === asked) await show(answer, known);
    return answer.meta.version;
  } finally {
    if (mine === asked) $("rows").parentElement.removeAttribute("aria-busy");
  }
}

/** The coins that what is searched for is an id or a contract of, alive or not. */
async function knownById() {
  const ids = view.page === 1 ? await identified(view.search, sources) : [];
  const asked = ids.map((id) => json(`/data?${new URLSearchParams({ fields: FIELDS, decimals: "string", canonical_id: id })}`));
  return (await Promise.all(asked)).flatMap(({ data }) => data);
}

async function show({ data, pagination, meta }, known) {
  if (data.length === 0 && view.page > 1 && pagination.total_pages > 0) {
    view.page = pagination.total_pages; // the market shrank under us
    await load();
    return;
  }
  sources = meta.sources;
  for (const header of document.querySelectorAll("th[data-sort]")) {
    const mine = view.sort.replace(/^-/, "") === header.dataset.sort;
    if (mine) header.setAttribute("aria-sort", view.sort.startsWith("-") ? "descending" : "ascending");
    else header.removeAttribute("aria-sort");
  }
  const others = known.filter((coin) => !data.some((each) => each.canonical_id === coin.canonical_id));
  $("rows").replaceChildren(...others.map(row), ...data.map(row));
  await showBlank(meta, data.length + others.length);
  const first = (view.page - 1) * PAGE;
  const range = data.length ? [`${count(first + 1)}–${count(first + data.length)} of ${count(pagination.total_items)}`] : [];
  if (others.length) range.unshift(`${count(others.length)} by its id or address`);
  say("range", range.join(" · "));
  $("pages").hidden = pagination.total_pages <= 1;
  $("previous").disabled = view.page <= 1;
  $("next").disabled = view.page >= pagination.total_pages;
}

async function showBlank(meta, rows) {
  const blank = $("blank");
  blank.hidden = rows > 0;
  if (rows > 0) return;
  if (meta.version === null) {
    blank.replaceChildren(
      el("strong", {}, "Nothing is published yet"),
      el("p", {}, "Coins appear here by themselves once the first run has fetched, checked and published them."),
    );
    return;
  }
  const what = view.search ? `No coin matches “${view.search}”` : "No coin to show";
  const others = view.all ? 0 : await countOthers();
  blank.replaceChildren(
    el("strong", {}, what),
    others
      ? el("p", {}, "Among those without a price or inactive there are ", el("button", { type: "button" }, `${count(others)}: show them`))
      : el("p", {}, view.search ? "Part of a name or symbol, a source's id or a contract's address is enough." : ""),
  );
}

/** How many coins would be there with the inactive and unpriced ones. */
async function countOthers() {
  const query = { fields: "canonical_id", limit: 1, ...(view.search && { search: inNames(view.search) }) };
  return (await json(`/data?${new URLSearchParams(query)}`)).pagination.total_items;
}

function row(coin) {
  const moved = change(coin.percent_change_24h);
  const gone = coin.status !== "active";
  const name = label(coin.name, coin.symbol, coin.canonical_id);
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
        el("span", { class: "name", title: name }, coinLink(coin.canonical_id, name)),
        gone ? el("span", { class: "tag" }, coin.status) : null,
        el("bdi", { class: "symbol" }, label(coin.symbol)),
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
