"""`GET /stream`: an event for each publication."""
