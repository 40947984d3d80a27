"""The inbox: files as a provider for everyone else."""

from dlt_pipelines.sources.files.source import FileOutcome, forget_file, load_inbox

__all__ = ["FileOutcome", "forget_file", "load_inbox"]
