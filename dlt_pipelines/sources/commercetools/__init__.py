"""commercetools: orders, the payments that hold their refunds, and what orders refer to by id."""

from dlt_pipelines.sources.commercetools.settings import read_settings
from dlt_pipelines.sources.commercetools.source import client, probe, streams

__all__ = ["client", "probe", "read_settings", "streams"]
