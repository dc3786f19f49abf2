"""Stand-ins for CoinPaprika, CoinGecko and news feeds: one HTTP server with their paths, paging, headers and errors.

How an answer comes to be:

    request → access (key, rate) → coinpaprika | coingecko | rss  → answer → server
                                      ↑ rows as JSON text             ↑ faults: change what is said, and how it is sent
                                   market: generated | recorded

A market (`market.Market`) knows coins and prices, and gives rows as JSON text, so that a recorded number is served
digit for digit. A provider module knows one provider's paths, paging, headers and errors. A fault plan (`faults.Plan`)
makes chosen requests go wrong. `server.running()` runs it all in a thread for tests; `python -m providers` runs it as a
process.
"""

from kasparro import interrupts as interrupts  # before what takes long to import
