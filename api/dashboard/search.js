// Which coin a text means: what it is called, or an id or a contract's address of it.

import { label } from "./format.js";
import { json } from "./shell.js";

/** So much can be searched for: the ids of tokens on some chains are long. */
export const LONGEST = 200;
const LONGEST_NAME = 100; // as the API takes them
const MOST_SOURCES = 20;

/** What names are searched for. */
export function inNames(text) {
  return text.slice(0, LONGEST_NAME);
}

/** The ids of coins that a text is an id of: ours, a source's own, or the address of a contract. None for plain words. */
export async function identified(text, sources) {
  return (await matching(text, sources)).map((match) => match.current_canonical_id);
}

async function matching(text, sources) {
  if (!text || /\s/.test(text)) return [];
  const providers = [...new Set(["coingecko", "coinpaprika", ...sources])].slice(0, MOST_SOURCES);
  const spellings = [...new Set([text, text.toLowerCase()])];
  const queries = [
    { contract: text },
    { canonical_id: inNames(text) },
    ...providers.flatMap((source) => spellings.map((id) => ({ source, id }))),
  ];
  const headers = { "Content-Type": "application/json" };
  const { data } = await json("/resolve", { method: "POST", headers, body: JSON.stringify({ queries }) })
    .catch(() => ({ data: [] })); // a warehouse of an older release knows no contracts: names are still searched
  const live = data.flatMap(({ matches }) => matches).filter((match) => match.current_canonical_id);
  return [...new Map(live.map((match) => [match.current_canonical_id, match])).values()];
}

/** The id of the coin that a text means most likely: the best known one that is called so, else one whose name holds it. */
export async function bestHit(text, sources) {
  const coins = (filter) => json(`/data?${new URLSearchParams({ ...filter, sort: "rank", limit: 50, fields: "canonical_id,name,rank" })}`);
  const name = inNames(text);
  const [symbols, parts, ids] = await Promise.all([coins({ symbol: name }), coins({ search: name }), matching(text, sources)]);
  const named = parts.data.filter((coin) => label(coin.name).toLowerCase() === text.toLowerCase());
  const exact = [...symbols.data, ...named, ...ids].sort((one, other) => (one.rank ?? Infinity) - (other.rank ?? Infinity) || 0);
  const hit = exact[0] ?? parts.data[0];
  return hit ? hit.current_canonical_id ?? hit.canonical_id : null;
}
