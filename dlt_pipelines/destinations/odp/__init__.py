"""Optimizely Data Platform (ODP, once Zaius)."""

from dlt_pipelines.destinations.odp.destination import Odp

__all__ = ["Odp"]
