"""The inbox: files as a provider for everyone else.

Nothing is imported here: the process that reads files does without dlt, which takes seconds to import.
"""
