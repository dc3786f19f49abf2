"""`GET /changes`: what happened to coins, in order."""
