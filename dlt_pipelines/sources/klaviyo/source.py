"""What is read from Klaviyo, as rows of `raw_klaviyo`. Facts: Klaviyo's API reference, revision 2026-07-15."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from dlt_pipelines.errors import ConfigurationError, MatchbackError, ProviderError
from dlt_pipelines.http import ProviderClient, RateLimitHeaders, StaticHeaders, follow_links, json_list, quoted
from dlt_pipelines.json_text import canonical
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.klaviyo.settings import ORDER_METRICS, KlaviyoSettings, read_settings
from dlt_pipelines.sources.reading import (
    Missing,
    Record,
    Slice,
    Stream,
    field_of,
    instant_of,
    object_id_of,
    text_of,
)
from dlt_pipelines.wording import shown

# `page[size]` of events exists from this revision on; an older one refuses it and is fixed at 200
PAGE_SIZE_REVISION = "2026-01-15"
MEMBERS_PAGE = "100"

# fields that do not change with every visit, so that a version is a change somebody made
EVENT_PROFILE_FIELDS = "email,phone_number,external_id,first_name,last_name,location"
MEMBER_FIELDS = "email,phone_number,external_id,first_name,last_name,organization,location,updated,joined_group_at"

EVENT_COLUMNS = {name: pa.string() for name in ("event_type", "profile_id", "profile")}
MEMBER_COLUMNS = {name: pa.string() for name in ("audience_id", "profile_id")}


def client(organization_id: str, settings: KlaviyoSettings) -> ProviderClient:
    """A client for the organization's account; see `Source`."""
    headers = {
        "Authorization": f"Klaviyo-API-Key {settings.api_key}",
        "revision": settings.revision,
        "Accept": "application/vnd.api+json",
    }
    return ProviderClient(
        "klaviyo",
        organization_id,
        settings.base_url,
        StaticHeaders(headers),
        RateLimitHeaders(),
        timeout_seconds=settings.contract.timeout_seconds,
    )


def streams(
    organization: Organization, settings: KlaviyoSettings, api: ProviderClient, audience_ids: list[str], _folder: Path
) -> Iterator[Stream | Missing]:
    """Order and subscription events, where Klaviyo is the organization's provider, and audiences; see `Source`."""
    name = organization.organization_id
    if organization.provider == "klaviyo" and organization.takes_orders:
        yield from _event_streams(name, settings, api)
    for audience_id in audience_ids:
        yield Stream(
            table="audience_members",
            key=f"audience {audience_id}",
            read=partial(_members, api, name, audience_id),
            time_column="joined_at",
            extra_columns=MEMBER_COLUMNS,
            can_return=True,
        )


def _event_streams(name: str, settings: KlaviyoSettings, api: ProviderClient) -> Iterator[Stream | Missing]:
    """A stream for each metric; without the metrics there are none, and the audiences are read all the same."""
    try:
        metrics = choose_metrics(_metrics(api), settings.metrics, settings.integration, name)
    except MatchbackError as error:
        yield Missing(error)
        return
    for event_type, metric_id in metrics.items():
        yield Stream(
            table="order_events" if event_type in ORDER_METRICS else "subscription_events",
            # by id: Klaviyo renames metrics
            key=f"metric {metric_id}",
            read=partial(_events, api, settings, event_type, metric_id),
            time_column="occurred_at",
            extra_columns=EVENT_COLUMNS,
        )


def probe(organization_id: str) -> str:
    """Asks for the metrics, as the cheapest proof that host, key and metric names are right; see `Source`."""
    settings = read_settings(organization_id)
    with client(organization_id, settings) as api:
        chosen = choose_metrics(_metrics(api), settings.metrics, settings.integration, organization_id)
    found = ", ".join(f"{event_type} = metric {metric_id}" for event_type, metric_id in chosen.items())
    return f"klaviyo answers at {settings.base_url}; {found}; properties as the {settings.mapping} mapping reads them"


def choose_metrics(
    metrics: list[Any], wanted: dict[str, str], integration: str, organization_id: str
) -> dict[str, str]:
    """Finds the metric of each event type: by id, else by integration and name (case and outer blanks apart).

    Args:
        metrics: Metric resources as Klaviyo answers them; what is none is passed over.
        wanted: Id or name by event type.
        integration: Name of the integration meant; empty for any.
        organization_id: For messages.

    Returns:
        Metric id by event type. Types other than placed are left out where the account has no such metric and its
        name was not one the user chose.

    Raises:
        ConfigurationError: Several metrics fit, or one that must be there is not.
    """
    chosen: dict[str, str] = {}
    for event_type, name in wanted.items():
        setting = f"{event_type}_order_metric" if event_type in ORDER_METRICS else f"{event_type}_metric"
        fitting = [metric for metric in metrics if text_of(field_of(metric, "id")) == name] or [
            metric
            for metric in metrics
            if text_of(field_of(metric, "id"))
            and _folded(field_of(metric, "attributes", "name")) == _folded(name)
            and (not integration or _folded(_integration(metric)) == _folded(integration))
        ]
        if len(fitting) > 1:
            found = ", ".join(f"{shown(str(metric['id']))} ({shown(_integration(metric))})" for metric in fitting)
            raise ConfigurationError(
                f"klaviyo of organization {organization_id}: {len(fitting)} metrics are named {name!r}: {found}. Set "
                f"{setting} to the id of the one that the shop writes, or integration to the name in brackets."
            )
        if fitting:
            chosen[event_type] = str(fitting[0]["id"])
        elif event_type == "placed" or name != ORDER_METRICS.get(event_type):
            raise ConfigurationError(
                f"klaviyo of organization {organization_id}: no metric has the id or name {name!r}"
                f"{f' and the integration {integration!r}' if integration else ''}. Set {setting} to one of the "
                "account's metrics (Klaviyo: Analytics, Metrics)."
            )
    return chosen


def _folded(text: Any) -> str | None:
    return text.strip().casefold() if isinstance(text, str) else None


def _integration(metric: Any) -> str:
    name = field_of(metric, "attributes", "integration", "name")
    return name if isinstance(name, str) and name else "no integration"


def _metrics(api: ProviderClient) -> list[Any]:
    """All metrics of the account; the endpoint has fixed pages and refuses a page size."""
    return [metric for page in follow_links(api, "/api/metrics", {}) for metric in json_list(api, page, "data")]


def _events(
    api: ProviderClient, settings: KlaviyoSettings, event_type: str, metric_id: str, part: Slice
) -> Iterator[list[Record]]:
    """Events of a slice with their profiles, oldest first."""
    parameters = {
        "filter": f"equals(metric_id,{_quoted(metric_id)}),"
        f"greater-or-equal(datetime,{_bound(part.lower)}),less-than(datetime,{_bound(part.upper)})",
        "sort": "datetime",
        "include": "profile",
        "fields[profile]": EVENT_PROFILE_FIELDS,
        "fields[event]": "datetime,event_properties,timestamp,uuid",
    }
    if settings.revision >= PAGE_SIZE_REVISION:
        parameters["page[size]"] = settings.page_size
    for page in follow_links(api, "/api/events", parameters):
        # `included` is flat, and several events may share a profile
        included = page.get("included")
        profiles = {
            profile_id: _payload(item)
            for item in (included if isinstance(included, list) else [])
            if field_of(item, "type") == "profile" and (profile_id := text_of(field_of(item, "id")))
        }
        yield [_event_record(event, event_type, profiles) for event in json_list(api, page, "data")]


def _event_record(event: Any, event_type: str, profiles: dict[str, bytes]) -> Record:
    """An event with its profile, which may change, counts as it was when first read, and is no part of the payload."""
    profile_id = text_of(field_of(event, "relationships", "profile", "data", "id"))
    profile = profiles.get(profile_id or "")
    payload = _payload(event)
    return Record(
        object_id_of(field_of(event, "id"), payload),
        payload,
        instant_of(field_of(event, "attributes", "datetime")),
        (event_type, profile_id, profile.decode() if profile else None),
    )


def _audience_kind(api: ProviderClient, organization_id: str, audience_id: str) -> str:
    """Whether an audience is one of the `lists` or of the `segments`."""
    for kind, field in (("lists", "list"), ("segments", "segment")):
        try:
            api.get(f"/api/{kind}/{quoted(audience_id)}", {f"fields[{field}]": "name"})
        except ProviderError as error:
            if error.status != 404:
                raise
        else:
            return kind
    raise ConfigurationError(
        f"klaviyo of organization {organization_id}: a campaign names the audience {shown(audience_id)!r}, which is "
        "neither a list nor a segment of the account. Correct audience_id in the campaigns file."
    )


def _members(api: ProviderClient, organization_id: str, audience_id: str, part: Slice) -> Iterator[list[Record]]:
    """Members who joined in a slice; on a full look-back all of them, for their profiles may have changed.

    Leaving cannot be seen at Klaviyo: who was a member once stays a member here.
    """
    kind = _audience_kind(api, organization_id, audience_id)
    parameters = {"fields[profile]": MEMBER_FIELDS, "page[size]": MEMBERS_PAGE, "sort": "joined_group_at"}
    if not part.is_full_lookback:
        parameters["filter"] = f"greater-or-equal(joined_group_at,{_bound(part.lower)})"
    for page in follow_links(api, f"/api/{kind}/{quoted(audience_id)}/profiles", parameters):
        yield [_member_record(member, audience_id, part) for member in json_list(api, page, "data")]


def _member_record(member: Any, audience_id: str, part: Slice) -> Record:
    payload = _payload(member)
    profile_id = object_id_of(field_of(member, "id"), payload)
    joined_at = instant_of(field_of(member, "attributes", "joined_group_at"))
    return Record(
        canonical([audience_id, profile_id]).decode(),
        payload,
        # whoever joined before the slice is read for what has changed since
        joined_at and max(joined_at, part.lower),
        (audience_id, profile_id),
    )


def _payload(resource: Any) -> bytes:
    """A resource as landed: less its links, which tell where it was fetched and not what it is."""
    if isinstance(resource, dict):
        resource.pop("links", None)
    return canonical(resource)


def _quoted(text: str) -> str:
    """A text as the filter grammar wants it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bound(instant: datetime) -> str:
    """An instant as the filter grammar wants it: bare, to the second, with a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
