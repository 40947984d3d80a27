"""Sends to ODP. It has no idempotency: a repeated refund is subtracted twice, so no event is ever sent twice.

What ODP answers: 202; or 400 with `detail.invalids`, which names objects by their place in the request. Whether it
takes the others of such a request is not documented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from dlt_pipelines.destinations.base import Connected, halves
from dlt_pipelines.destinations.items import Batch, Fault, Item, Outcome, Refusal, Request, Status
from dlt_pipelines.destinations.odp import payload
from dlt_pipelines.destinations.settings import DestinationSettings, boolean, read_settings
from dlt_pipelines.errors import ProviderError, UnknownOutcomeError
from dlt_pipelines.http import FixedRate, ProviderClient, StaticHeaders
from dlt_pipelines.sources.reading import field_of
from dlt_pipelines.wording import foreign

# The public part of a key, before the dot, says by its end where the account lives; the vendor's SDK goes by that, too.
HOSTS = {"-eu1": "https://api.eu1.odp.optimizely.com", "-au1": "https://api.au1.odp.optimizely.com"}
DEFAULT_HOST = "https://api.us1.odp.optimizely.com"
# documented for profiles; of events and objects one page of the documentation says the same, and a later one nothing
PER_SECOND = 10.0
MOST_ITEMS = 500
PATHS = {
    "products": "/v3/objects/products",
    "order_events": "/v3/events",
    "orders": "/v3/objects/orders",
    "profiles": "/v3/profiles",
}


class Odp(Connected):
    """Optimizely ODP for one organization; see `Destination`."""

    envelope = payload.ENVELOPE
    is_asynchronous = False

    def __init__(self, organization_id: str) -> None:
        """Reads the settings; connects to nothing yet.

        Raises:
            ConfigurationError: A setting is wrong.
        """
        super().__init__()
        self.settings: DestinationSettings = read_settings("odp", organization_id, MOST_ITEMS, PER_SECOND)
        # whether a request that is refused for one of its events is known to have left no trace of the others
        self._is_400_atomic = boolean("odp", organization_id, "assume_atomic_400", False)

    def _connect(self) -> ProviderClient:
        key = self.settings.required_key()
        return ProviderClient(
            "odp",
            self.settings.organization_id,
            self.settings.base_url or host_of(key),
            StaticHeaders({"x-api-key": key}),
            pace=FixedRate(self.settings.per_second),
            timeout_seconds=self.settings.timeout_seconds,
        )

    def is_immutable(self, entity: str) -> bool:
        """See `Destination`. Events are; objects and profiles are upserted."""
        return entity == "order_events"

    def is_repeatable(self, entity: str) -> bool:
        """See `Destination`."""
        return entity != "order_events"

    def tells_updates(self, _entity: str) -> bool:
        """See `Destination`. An upsert is one request, whether the object is there or not."""
        return False

    def items(self, entity: str, frame: pl.DataFrame) -> list[Item | Refusal]:
        """See `Destination`."""
        return payload.items(entity, frame)

    def request(self, entity: str, items: Sequence[Item], _is_update: bool = False) -> Request:
        """See `Destination`."""
        return Request("POST", PATHS[entity], b"[" + b",".join(item.body for item in items) + b"]")

    def send(self, batch: Batch) -> Outcome:
        """See `Destination`."""
        request = self.request(batch.entity, batch.items)
        is_repeatable = self.is_repeatable(batch.entity)
        try:
            answer = self.client.post(request.path, request.body, is_repeatable=is_repeatable)
        except UnknownOutcomeError as error:
            return Outcome(Status.UNKNOWN, error.status, fault=Fault("no_answer", foreign(str(error))))
        except ProviderError as error:
            if error.status not in (400, 413):
                raise
            return self._refused(batch, error, is_repeatable)
        if not _is_taken(answer):
            # a page or a proxy's answer, and not what ODP says of what it took
            status = Status.REJECTED if is_repeatable else Status.UNKNOWN
            return Outcome(status, fault=Fault("answer_not_understood"))
        return Outcome(Status.ACCEPTED, 202)

    def poll(self, _batch: Batch, _remote_job_id: str) -> Outcome | None:
        """See `Destination`. There is nothing to poll."""
        raise NotImplementedError

    def probe(self) -> str:
        """See `Destination`."""
        try:
            self.client.get("/v3/profiles", {"email": "nobody@example.com"})
        except ProviderError as error:
            # the key was taken, and there is nobody of that name
            if error.status != 404:
                raise
        return f"ODP answers at {self.settings.base_url or host_of(self.settings.required_key())}"

    def _refused(self, batch: Batch, error: ProviderError, is_repeatable: bool) -> Outcome:
        invalids = _invalids(error.body)
        faults = {
            item.sync_key: Fault(f"http_{error.status}", invalids[place])
            for place, item in enumerate(batch.items)
            if place in invalids
        }
        others = [item for item in batch.items if item.sync_key not in faults]
        fault = Fault(f"http_{error.status}", foreign(str(error)))
        # a request that is too large was not looked into
        if is_repeatable or self._is_400_atomic or error.status == 413:
            if len(batch.items) == 1:
                return Outcome(Status.REJECTED, error.status, fault=next(iter(faults.values()), fault))
            again = halves(others) if not faults else [others] if others else []
            return Outcome(None, error.status, faults=faults, again=again)
        return Outcome(Status.UNKNOWN, error.status, fault=Fault("sibling_refused", fault.message), faults=faults)


def host_of(key: str) -> str:
    """Where the account of a key lives."""
    public = key.rsplit(".", 1)[0]
    return next((host for suffix, host in HOSTS.items() if public.endswith(suffix)), DEFAULT_HOST)


def _is_taken(answer: Any) -> bool:
    """Whether a good answer says that what was sent was taken: an object, whose own status, if any, is a good one."""
    told = field_of(answer, "status")
    is_good = 200 <= told < 300 if isinstance(told, int) and not isinstance(told, bool) else told is None
    return isinstance(answer, dict) and is_good


def _invalids(body: Any) -> dict[int, str]:
    """What ODP says against objects, by their place in the request."""
    listed = field_of(body, "detail", "invalids")
    found = {}
    for one in listed if isinstance(listed, list) else []:
        values = one.items() if isinstance(one, dict) else ()
        places = [value for name, value in values if name != "message" and type(value) is int]
        if places:
            found[places[0]] = foreign(str(one.get("message") or "no reason given"))
    return found
