"""Ometria: orders (without a street), profiles, and the changes of the lists that are somebody's audience."""

from dlt_pipelines.sources.ometria.settings import read_settings
from dlt_pipelines.sources.ometria.source import client, probe, streams

__all__ = ["client", "probe", "read_settings", "streams"]
