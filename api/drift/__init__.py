"""`GET /drift`: what changed in what providers send."""
