"""`/coins/{canonical_id}`: one coin, its listings, history, news, and why it is what it is."""
