"""`/runs`, `/compare-runs`: passes, and how they differ."""
