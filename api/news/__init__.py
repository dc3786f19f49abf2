"""`GET /news`: articles."""
