// The overview: figures, the table of coins, sources and news.

import { start } from "./coins.js";
import { attempt, json, watch } from "./shell.js";
import { showNews, showSystem, showTotals } from "./system.js";

const loadCoins = start((load) => attempt("The coins", load));

/** Totals and news change with the version only, and failing to get them leaves what is shown. */
async function load() {
  const rest = [json("/stats?limit=1").then(showTotals), json("/data?source=rss&limit=6").then(showNews)];
  const [version] = await Promise.all([loadCoins(), Promise.allSettled(rest)]);
  return version;
}

watch({ load, onHealth: showSystem });
