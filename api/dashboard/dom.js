// Building the page out of text: nothing from outside is ever parsed as HTML.

import { ago, label } from "./format.js";

/** The element with an id. */
export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. `null` attributes are left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replace an element's text where it differs, so that screen readers hear changes only. */
export function say(id, text, title = null) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
  if (title) element.title = title;
}

/** The address, if it is one a link may have. */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A table: column names, those that start with > hold numbers; rows of cells, each text or an element. */
export function table(columns, rows) {
  const numeric = columns.map((name) => (name.startsWith(">") ? "number" : null));
  const labels = columns.map((name) => name.replace(/^>/, "")); // where there is no room for columns, each cell has its own
  const cellOf = (cell, place) => el("td", { class: numeric[place], "data-label": labels[place] }, cell ?? "–");
  const body = rows.map((cells) => el("tr", {}, ...cells.map(cellOf)));
  const head = labels.map((label, place) => el("th", { scope: "col", class: numeric[place] }, label));
  return el("table", { class: "plain" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body));
}

/** Fill a frame with a table, or say that there is nothing to show. */
export function fill(id, columns, rows, nothing) {
  $(id).replaceChildren(rows.length ? table(columns, rows) : el("div", { class: "blank" }, nothing));
}

/** Where the page of a coin is. */
export function coinPage(id) {
  return `/dashboard/coin?id=${encodeURIComponent(id)}`;
}

/** A link to the page of a coin. */
export function coinLink(id, text = id) {
  return el("a", { href: coinPage(id) }, el("bdi", {}, label(text, id)));
}

/** An article of /news as an entry of a list; without a web address it is no link. */
export function article({ url, title, feed, published_at: publishedAt }) {
  const address = webAddress(url);
  const shown = el("bdi", {}, label(title, "Untitled"));
  const from = webAddress(feed);
  const where = from ? new URL(from).hostname.replace(/^www\./, "") : feed;
  return el(
    "li",
    {},
    address ? el("a", { href: address, rel: "noopener noreferrer nofollow" }, shown) : shown,
    el("span", { class: "when" }, [where, publishedAt && ago(publishedAt)].filter(Boolean).join(" · ")),
  );
}
