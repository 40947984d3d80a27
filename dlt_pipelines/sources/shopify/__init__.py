"""Shopify's Admin API: orders with lines, codes and refunds; customers; subscriptions; segment members as audiences."""

from dlt_pipelines.sources.shopify.settings import read_settings
from dlt_pipelines.sources.shopify.source import client, probe, streams

__all__ = ["client", "probe", "read_settings", "streams"]
