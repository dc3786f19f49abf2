"""`GET /stats`: how much there is, and how the sources have been doing."""
