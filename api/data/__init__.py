"""`GET /data`: the coins, a source's latest quotes, quotes in a window, articles."""
