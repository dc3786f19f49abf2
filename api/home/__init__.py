"""`GET /`: the dashboard for a browser, API information for other clients."""
