"""`GET /health`: is the data good, does the process live, can it serve."""
