"""Omnisend, in version v5 and 2026-03-15."""

from dlt_pipelines.destinations.omnisend.destination import Omnisend

__all__ = ["Omnisend"]
