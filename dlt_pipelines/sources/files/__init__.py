"""The inbox: files as a provider for everyone else."""

from dlt_pipelines.sources.files.source import FileOutcome, load_inbox

__all__ = ["FileOutcome", "load_inbox"]
