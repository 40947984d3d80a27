"""The destinations there are, by tool."""

from __future__ import annotations

from collections.abc import Callable

from dlt_pipelines.destinations.base import Destination
from dlt_pipelines.destinations.odp import Odp
from dlt_pipelines.destinations.omnisend import Omnisend

DESTINATIONS: dict[str, Callable[[str], Destination]] = {"odp": Odp, "omnisend": Omnisend}
