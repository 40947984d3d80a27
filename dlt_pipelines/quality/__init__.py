"""The landing gate: what was landed is judged before the models read it."""
