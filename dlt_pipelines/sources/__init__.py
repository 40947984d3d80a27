"""One folder per provider. A source lands what the provider said; it never interprets it."""
