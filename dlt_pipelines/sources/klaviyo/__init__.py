"""Klaviyo: order events with their profiles, and members of lists and segments as audiences."""

from dlt_pipelines.sources.klaviyo.settings import KlaviyoSettings, read_settings
from dlt_pipelines.sources.klaviyo.source import probe, resources

__all__ = ["KlaviyoSettings", "probe", "read_settings", "resources"]
