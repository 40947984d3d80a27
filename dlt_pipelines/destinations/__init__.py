"""Where results go: what a tool is sent, and a ledger of what became of it."""
