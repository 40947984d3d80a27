"""Klaviyo: order events with their profiles, subscriptions, and members of lists and segments as audiences."""

from dlt_pipelines.sources.klaviyo.settings import read_settings
from dlt_pipelines.sources.klaviyo.source import client, probe, streams

__all__ = ["client", "probe", "read_settings", "streams"]
