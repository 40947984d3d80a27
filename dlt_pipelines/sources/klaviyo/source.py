"""What is read from Klaviyo, as rows of `raw_klaviyo`. Facts: Klaviyo's API reference, revision 2026-07-15."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dlt
import orjson
import pyarrow as pa

from dlt_pipelines.errors import ConfigurationError, ProviderError
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.http import ProviderClient, follow_pages
from dlt_pipelines.sources.klaviyo.settings import KlaviyoSettings, read_settings
from dlt_pipelines.sources.landing import INSERT_NEW_VERSIONS, payload_hash, utc_columns
from dlt_pipelines.sources.reading import Slice, advance, next_slice, utc_instant

DATASET = "raw_klaviyo"
BATCH_ROWS = 5_000

# `page[size]` of events exists from this revision on; an older one refuses it and is fixed at 200
PAGE_SIZE_REVISION = "2026-01-15"
EVENTS_PAGE = "1000"
MEMBERS_PAGE = "100"

# fields that do not change with every visit, so that a version is a change somebody made
EVENT_PROFILE_FIELDS = "email,phone_number,external_id,first_name,last_name"
MEMBER_FIELDS = "email,phone_number,external_id,first_name,last_name,organization,location,updated,joined_group_at"

EVENT_SCHEMA = pa.schema(
    [
        ("organization_id", pa.string()),
        ("object_id", pa.string()),
        ("payload_hash", pa.string()),
        ("payload", pa.string()),
        ("event_type", pa.string()),
        ("mapping", pa.string()),
        ("profile_id", pa.string()),
        ("profile", pa.string()),
        ("occurred_at", pa.timestamp("us")),
        ("loaded_at", pa.timestamp("us")),
    ]
)
MEMBER_SCHEMA = pa.schema(
    [
        ("organization_id", pa.string()),
        ("object_id", pa.string()),
        ("payload_hash", pa.string()),
        ("payload", pa.string()),
        ("audience_id", pa.string()),
        ("profile_id", pa.string()),
        ("joined_at", pa.timestamp("us")),
        ("loaded_at", pa.timestamp("us")),
    ]
)

Progress = Callable[[str, int], None]


def client(organization_id: str, settings: KlaviyoSettings) -> ProviderClient:
    """A client for the organization's account."""
    return ProviderClient(
        "klaviyo",
        organization_id,
        settings.base_url,
        {
            "Authorization": f"Klaviyo-API-Key {settings.api_key}",
            "revision": settings.revision,
            "Accept": "application/vnd.api+json",
        },
    )


def resources(
    organization: Organization, audience_ids: list[str], loaded_at: datetime, progress: Progress
) -> list[Any]:
    """Order events, where Klaviyo is the organization's provider, and members of the audiences; see `Source`."""
    settings = read_settings(organization.organization_id)
    found = []
    if organization.provider == "klaviyo" and organization.takes_orders:
        found.append(_orders(organization.organization_id, settings, loaded_at, progress))
    if audience_ids:
        found.append(_audiences(organization.organization_id, settings, audience_ids, loaded_at, progress))
    return found


def probe(organization_id: str) -> str:
    """Asks for the metrics, as the cheapest proof that host, key and metric names are right; see `Source`."""
    settings = read_settings(organization_id)
    with client(organization_id, settings) as api:
        chosen = choose_metrics(_metrics(api), settings.metrics, organization_id)
    found = ", ".join(f"{event_type} = metric {metric_id}" for event_type, metric_id in chosen.items())
    return f"klaviyo answers at {settings.base_url}; {found}"


def _orders(organization_id: str, settings: KlaviyoSettings, loaded_at: datetime, progress: Progress) -> Any:
    """The resource of order events: placed, cancelled and refunded."""

    def rows() -> Iterator[pa.Table]:
        state = dlt.current.resource_state()
        with client(organization_id, settings) as api:
            metrics = choose_metrics(_metrics(api), settings.metrics, organization_id)
            for event_type, metric_id in metrics.items():
                # by id: Klaviyo renames metrics
                metric_state = state.setdefault(metric_id, {})
                part = next_slice(metric_state, settings.contract, loaded_at)
                seen: list[datetime] = []
                events = _events(api, settings, metric_id, part)
                for table, last_seen in _event_tables(events, organization_id, settings, event_type, loaded_at):
                    seen.append(last_seen)
                    progress(f"{event_type} orders", table.num_rows)
                    yield table
                advance(metric_state, part, max(seen, default=None), loaded_at)

    return dlt.resource(
        rows,
        name="order_events",
        primary_key=["organization_id", "object_id", "payload_hash"],
        write_disposition=INSERT_NEW_VERSIONS,
        columns=utc_columns(EVENT_SCHEMA),
    )


def _audiences(
    organization_id: str, settings: KlaviyoSettings, audience_ids: list[str], loaded_at: datetime, progress: Progress
) -> Any:
    """The resource of members of the lists and segments that campaigns name.

    Leaving cannot be seen at Klaviyo: who was a member once stays a member here.
    """

    def rows() -> Iterator[pa.Table]:
        state = dlt.current.resource_state()
        with client(organization_id, settings) as api:
            for audience_id in audience_ids:
                audience_state = state.setdefault(audience_id, {})
                part = next_slice(audience_state, settings.contract, loaded_at)
                kind = _audience_kind(api, organization_id, audience_id)
                members = _members(api, f"/api/{kind}/{audience_id}/profiles", part)
                seen: list[datetime] = []
                for table, last_seen in _member_tables(members, organization_id, audience_id, loaded_at):
                    seen.append(last_seen)
                    progress("audience members", table.num_rows)
                    yield table
                advance(audience_state, part, max(seen, default=None), loaded_at)

    return dlt.resource(
        rows,
        name="audience_members",
        primary_key=["organization_id", "object_id", "payload_hash"],
        write_disposition=INSERT_NEW_VERSIONS,
        columns=utc_columns(MEMBER_SCHEMA),
    )


def choose_metrics(metrics: list[dict[str, Any]], wanted: dict[str, str], organization_id: str) -> dict[str, str]:
    """Finds the metric of each event type, by id, else by name (case and outer blanks apart).

    Args:
        metrics: Metric resources as Klaviyo answers them.
        wanted: Id or name by event type.
        organization_id: For messages.

    Returns:
        Metric id by event type. Cancelled and refunded are left out where the account has no such metric.

    Raises:
        ConfigurationError: Several metrics have the name, or the placed-order metric is not there.
    """
    chosen: dict[str, str] = {}
    for event_type, name in wanted.items():
        fitting = [metric for metric in metrics if metric["id"] == name] or [
            metric for metric in metrics if metric["attributes"]["name"].strip().casefold() == name.casefold()
        ]
        if len(fitting) > 1:
            found = ", ".join(f"{metric['id']} ({_integration(metric)})" for metric in fitting)
            raise ConfigurationError(
                f"klaviyo of organization {organization_id}: {len(fitting)} metrics are named {name!r}: {found}. Set "
                f"{event_type}_order_metric to the id of the one that the shop writes."
            )
        if fitting:
            chosen[event_type] = fitting[0]["id"]
        elif event_type == "placed":
            raise ConfigurationError(
                f"klaviyo of organization {organization_id}: no metric has the id or name {name!r}. Set "
                "placed_order_metric to one of the account's metrics (Klaviyo: Analytics, Metrics)."
            )
    return chosen


def _integration(metric: dict[str, Any]) -> str:
    integration = metric["attributes"].get("integration") or {}
    return str(integration.get("name") or "no integration")


def _metrics(api: ProviderClient) -> list[dict[str, Any]]:
    """All metrics of the account; the endpoint has fixed pages and refuses a page size."""
    return [metric for page in follow_pages(api, "/api/metrics", {}) for metric in page["data"]]


def _events(
    api: ProviderClient, settings: KlaviyoSettings, metric_id: str, part: Slice
) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None, datetime]]:
    """Events of a slice with their profiles, oldest first."""
    parameters = {
        "filter": f'equals(metric_id,"{metric_id}"),'
        f"greater-or-equal(datetime,{_bound(part.lower)}),less-than(datetime,{_bound(part.upper)})",
        "sort": "datetime",
        "include": "profile",
        "fields[profile]": EVENT_PROFILE_FIELDS,
        "fields[event]": "datetime,event_properties,timestamp,uuid",
    }
    if settings.revision >= PAGE_SIZE_REVISION:
        parameters["page[size]"] = EVENTS_PAGE
    for page in follow_pages(api, "/api/events", parameters):
        # `included` is flat, and several events may share a profile
        profiles = {item["id"]: item for item in page.get("included") or [] if item["type"] == "profile"}
        for event in page["data"]:
            occurred_at = utc_instant(event["attributes"]["datetime"])
            if part.holds(occurred_at):
                yield event, profiles.get(_profile_id(event) or ""), occurred_at


def _event_tables(
    events: Iterator[tuple[dict[str, Any], dict[str, Any] | None, datetime]],
    organization_id: str,
    settings: KlaviyoSettings,
    event_type: str,
    loaded_at: datetime,
) -> Iterator[tuple[pa.Table, datetime]]:
    """Batches of raw rows, each with the latest instant so far."""
    rows: list[dict[str, Any]] = []
    last_seen: datetime | None = None
    for event, profile, occurred_at in events:
        payload = _payload(event)
        rows.append(
            {
                "organization_id": organization_id,
                "object_id": event["id"],
                # an event never changes; its profile may, and counts as it was when the order was placed
                "payload_hash": payload_hash(payload),
                "payload": payload.decode(),
                "event_type": event_type,
                "mapping": settings.mapping,
                "profile_id": _profile_id(event),
                "profile": _payload(profile).decode() if profile else None,
                "occurred_at": _naive(occurred_at),
                "loaded_at": _naive(loaded_at),
            }
        )
        last_seen = max(last_seen or occurred_at, occurred_at)
        if len(rows) == BATCH_ROWS:
            yield pa.Table.from_pylist(rows, EVENT_SCHEMA), last_seen
            rows = []
    if rows and last_seen:
        yield pa.Table.from_pylist(rows, EVENT_SCHEMA), last_seen


def _audience_kind(api: ProviderClient, organization_id: str, audience_id: str) -> str:
    """Whether an audience is one of the `lists` or of the `segments`."""
    for kind, field in (("lists", "list"), ("segments", "segment")):
        try:
            api.get(f"/api/{kind}/{audience_id}", {f"fields[{field}]": "name"})
        except ProviderError as error:
            if error.status != 404:
                raise
        else:
            return kind
    raise ConfigurationError(
        f"klaviyo of organization {organization_id}: a campaign names the audience {audience_id!r}, which is neither a "
        "list nor a segment of the account. Correct audience_id in the campaigns file."
    )


def _members(api: ProviderClient, path: str, part: Slice) -> Iterator[dict[str, Any]]:
    """Members who joined in a slice; on a full look-back all of them, for their profiles may have changed."""
    parameters = {"fields[profile]": MEMBER_FIELDS, "page[size]": MEMBERS_PAGE, "sort": "joined_group_at"}
    if not part.is_full_lookback:
        parameters["filter"] = f"greater-or-equal(joined_group_at,{_bound(part.lower)})"
    for page in follow_pages(api, path, parameters):
        yield from page["data"]


def _member_tables(
    members: Iterator[dict[str, Any]], organization_id: str, audience_id: str, loaded_at: datetime
) -> Iterator[tuple[pa.Table, datetime]]:
    """Batches of raw rows, each with the latest time somebody joined so far."""
    rows: list[dict[str, Any]] = []
    last_seen: datetime | None = None
    for member in members:
        joined_at = utc_instant(member["attributes"]["joined_group_at"])
        payload = _payload(member)
        rows.append(
            {
                "organization_id": organization_id,
                "object_id": orjson.dumps([audience_id, member["id"]]).decode(),
                "payload_hash": payload_hash(payload),
                "payload": payload.decode(),
                "audience_id": audience_id,
                "profile_id": member["id"],
                "joined_at": _naive(joined_at),
                "loaded_at": _naive(loaded_at),
            }
        )
        last_seen = max(last_seen or joined_at, joined_at)
        if len(rows) == BATCH_ROWS:
            yield pa.Table.from_pylist(rows, MEMBER_SCHEMA), last_seen
            rows = []
    if rows and last_seen:
        yield pa.Table.from_pylist(rows, MEMBER_SCHEMA), last_seen


def _payload(resource: dict[str, Any]) -> bytes:
    """A resource as landed: less its links, which tell where it was fetched and not what it is."""
    kept = {name: value for name, value in resource.items() if name != "links"}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)


def _profile_id(event: dict[str, Any]) -> str | None:
    profile = ((event.get("relationships") or {}).get("profile") or {}).get("data") or {}
    return profile.get("id")


def _bound(instant: datetime) -> str:
    """An instant as the filter grammar wants it: bare, to the second, with a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _naive(instant: datetime) -> datetime:
    """UTC without a zone, which is how every time is stored."""
    return instant.astimezone(UTC).replace(tzinfo=None)
