"""A stand-in for Klaviyo's API, faithful to revision 2026-07-15 in what matchback reads.

Metrics, events, lists, segments and their members: paths, headers, filters, sorting, opaque cursors, page limits,
sparse fields, errors and rate-limit headers. Its answers validate against Klaviyo's published OpenAPI.
"""

from __future__ import annotations

import base64
import re
import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dlt_pipelines.sandbox.answers import RequestError, endpoint, json_answer
from dlt_pipelines.sandbox.files import audience_id, profile_id
from dlt_pipelines.sandbox.shop import Shop
from dlt_pipelines.sandbox.world import START, Order

MEDIA_TYPE = "application/vnd.api+json"
OLDEST_REVISION = "2022-10-17"
PAGE_SIZE_REVISION = "2026-01-15"
# a filter bound closer to now than this is refused
FRESHEST_BOUND = timedelta(seconds=5)
METRICS = {
    "placed": ("RpLx2A", "Placed Order"),
    "cancelled": ("SbCn7K", "Cancelled Order"),
    "refunded": ("TcRf9M", "Refunded Order"),
    "fulfilled": ("VfUl4D", "Fulfilled Order"),
}
SUBSCRIPTION_METRICS = {
    "subscription_started": ("WgSs1A", "Subscription Started"),
    "subscription_cancelled": ("XhSc2B", "Subscription Cancelled"),
}
OTHER_METRICS = (("UdOp3E", "Opened Email"), ("VeCk5C", "Checkout Started"))
# another integration's metric of the same name
DUPLICATE_METRIC = ("ZzDp9Z", "Placed Order")
SUBSCRIPTION_ENDS_AFTER = timedelta(days=120)


@dataclass(frozen=True)
class _Event:
    event_id: str
    metric_id: str
    at: datetime
    kind: str
    person: int
    order: Order | None


def api_key(organization_id: str) -> str:
    """The private key of an organization's account in the sandbox."""
    return f"pk_sandbox_{organization_id}"


def klaviyo_app(shops: Sequence[Shop]) -> Starlette:
    """The ASGI application: an account for each shop that uses Klaviyo."""
    accounts = {api_key(shop.world.plan.organization_id): _Account(shop) for shop in shops}
    answer = partial(endpoint, account_of=partial(_authorised, accounts), error_answer=_error)
    return Starlette(
        routes=[
            Route("/api/metrics", answer(_Account.metrics)),
            Route("/api/events", answer(_Account.events)),
            Route("/api/lists/{id}", answer(_Account.list_resource)),
            Route("/api/segments/{id}", answer(_Account.segment_resource)),
            Route("/api/lists/{id}/profiles", answer(_Account.list_members)),
            Route("/api/segments/{id}/profiles", answer(_Account.segment_members)),
        ]
    )


def _authorised(accounts: dict[str, _Account], request: Request) -> _Account:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Klaviyo-API-Key" or key not in accounts:
        raise RequestError(401, "not_authenticated", "Missing or invalid private key.")
    revision = request.headers.get("revision", "")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", revision) or revision < OLDEST_REVISION:
        raise RequestError(400, "invalid", "The revision header is missing or invalid.", "revision")
    if accounts[key].shop.faults.strikes("throttled"):
        raise RequestError(429, "throttled", "Request was throttled.", headers={"Retry-After": "1"})
    return accounts[key]


def _error(error: RequestError) -> Response:
    source = {"pointer": "/data/"} | ({"parameter": error.parameter} if error.parameter else {})
    problem = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, error.detail)),
        "status": error.status,
        "code": error.code,
        "title": "Invalid input." if error.status == 400 else "Not available.",
        "detail": error.detail,
        "source": source,
    }
    body = orjson.dumps({"errors": [problem]})
    return Response(body, status_code=error.status, media_type=MEDIA_TYPE, headers=error.headers)


class _Account:
    """One organization's account."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._one = shop.world
        self._cached: tuple[int, dict[str, list[_Event]]] = (-1, {})
        self._audiences = {
            (campaign.audience, audience_id(campaign)): campaign.campaign_id
            for campaign in self._one.plan.campaigns
            if campaign.audience != "file"
        }

    def metrics(self, request: Request) -> Response:
        """All metrics on one page; a page size is refused, as by the real one."""
        _refuse_parameters(request, {"filter", "include", "page[cursor]", "fields[metric]", "fields[flow]"})
        metrics = [*METRICS.values(), *SUBSCRIPTION_METRICS.values(), *OTHER_METRICS]
        found = [_metric(metric_id, name, _host(request)) for metric_id, name in metrics]
        if self.shop.faults.marks("duplicate_metric", self._one.plan.organization_id, is_likely=True):
            found.insert(0, _metric(*DUPLICATE_METRIC, _host(request), "API"))
        return self._answer({"data": found, "links": self._links(request, {})})

    def events(self, request: Request) -> Response:
        """Events of one metric by time, with their profiles."""
        revision = request.headers["revision"]
        allowed = {"filter", "sort", "include", "page[cursor]", "fields[event]", "fields[profile]", "fields[metric]"}
        _refuse_parameters(request, allowed | ({"page[size]"} if revision >= PAGE_SIZE_REVISION else set()))
        metric_id, lower, upper = _event_filter(request.query_params.get("filter", ""), self.shop.clock.now())
        if request.query_params.get("sort", "datetime") != "datetime":
            raise RequestError(400, "invalid", "This stand-in sorts by datetime only.", "sort")
        events = self._events().get(metric_id, [])
        first = bisect_left(events, lower, key=lambda event: event.at)
        last = bisect_left(events, upper, key=lambda event: event.at)
        if self.shop.faults.strikes("row_outside_bounds"):
            first, last = max(first - 1, 0), min(last + 1, len(events))
        page, links = _page(request, first, last, _page_size(request, default=200, most=1000))
        if self.shop.faults.strikes("row_twice") and page.start > first:
            page = slice(page.start - 1, page.stop)
        shown = events[page]
        data = [self._event(event, _host(request)) for event in shown]
        if self.shop.faults.strikes("unsorted_page"):
            data.reverse()
        body: dict[str, Any] = {"data": data, "links": self._links(request, links)}
        if "profile" in request.query_params.get("include", "").split(","):
            fields = _fields(request, "profile")
            persons = dict.fromkeys(event.person for event in shown)
            body["included"] = [self._profile(person, _host(request), fields) for person in persons]
        return self._answer(body)

    def list_resource(self, request: Request) -> Response:
        """One list."""
        return self._audience(request, "list")

    def segment_resource(self, request: Request) -> Response:
        """One segment."""
        return self._audience(request, "segment")

    def list_members(self, request: Request) -> Response:
        """Members of a list."""
        return self._members(request, "list")

    def segment_members(self, request: Request) -> Response:
        """Members of a segment."""
        return self._members(request, "segment")

    def _answer(self, body: dict[str, Any]) -> Response:
        used_up = self.shop.faults.strikes("window_used_up")
        remaining = {"RateLimit-Remaining": "0", "RateLimit-Reset": "1"} if used_up else {"RateLimit-Remaining": "3499"}
        headers = {"RateLimit-Limit": "3500", "RateLimit-Reset": "60"} | remaining
        return json_answer(body, self.shop.faults, MEDIA_TYPE, headers)

    def _links(self, request: Request, links: dict[str, Any]) -> dict[str, Any]:
        """Links of a page; the last page has no next one, or one that is null."""
        missing = {"next": None, "prev": None} if self.shop.faults.strikes("null_next", is_likely=True) else {}
        return missing | {"self": str(request.url)} | links

    def _events(self) -> dict[str, list[_Event]]:
        """What can be seen by now, by metric and time."""
        seen = self.shop.events()
        if self._cached[0] != len(seen):
            by_metric: dict[str, list[_Event]] = {}
            for one in seen:
                if one.kind in METRICS:
                    metric_id, name = METRICS[one.kind]
                    order = self._one.orders[one.order]
                    event = _Event(_event_id(name, order), metric_id, one.at, one.kind, order.person, order)
                    by_metric.setdefault(metric_id, []).append(event)
            for event in self._subscriptions():
                by_metric.setdefault(event.metric_id, []).append(event)
            for events in by_metric.values():
                events.sort(key=lambda event: (event.at, event.event_id))
            self._cached = (len(seen), by_metric)
        return self._cached[1]

    def _subscriptions(self) -> list[_Event]:
        events = []
        for person in self._one.subscribers:
            for kind, at in (("started", START), ("cancelled", START + SUBSCRIPTION_ENDS_AFTER)):
                if kind == "started" or person % 3 == 0:
                    metric_id, name = SUBSCRIPTION_METRICS[f"subscription_{kind}"]
                    event_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{person}").hex[:11]
                    events.append(_Event(event_id, metric_id, at, kind, person, None))
        return events

    def _event(self, event: _Event, host: str) -> dict[str, Any]:
        is_spaced = self.shop.faults.marks("spaced_datetime", event.event_id)
        properties = self._properties(event, event.order) if event.order else {"SubscriptionId": f"S{event.person:06d}"}
        return {
            "type": "event",
            "id": event.event_id,
            "attributes": {
                "timestamp": int(event.at.timestamp()),
                "event_properties": properties,
                "datetime": event.at.isoformat(sep=" " if is_spaced else "T"),
                "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, event.event_id)),
            },
            "relationships": {
                "profile": {"data": {"type": "profile", "id": profile_id(event.person)}},
                "metric": {"data": {"type": "metric", "id": event.metric_id}},
            },
            "links": {"self": f"{host}/api/events/{event.event_id}/"},
        }

    def _properties(self, event: _Event, order: Order) -> dict[str, Any]:
        """What the Shopify integration writes."""
        value = order.refunded if event.kind == "refunded" else order.total
        number = int(order.order_id[2:])
        person = self._one.people
        address = order.address
        return {
            "$event_id": str(number) if event.kind == "placed" else f"{number}:{event.kind}",
            "$value": value / 100,
            "$currency_code": order.currency,
            "Discount Codes": list(order.codes),
            "Total Discounts": f"{order.discount / 100:.2f}",
            "Source Name": "web",
            "$extra": {
                "id": number,
                "name": f"#{number}",
                "email": order.email,
                "currency": order.currency,
                "test": order.is_test,
                "source_name": "web",
                "total_price": f"{order.total / 100:.2f}",
                "total_discounts": f"{order.discount / 100:.2f}",
                "total_tax": f"{order.tax / 100:.2f}",
                "total_shipping": f"{order.shipping / 100:.2f}",
                "created_at": order.ordered_at.isoformat(),
                "discount_codes": [{"code": code, "amount": "5.00", "type": "fixed_amount"} for code in order.codes],
                "shipping_address": {
                    "name": f"{person.first_name[order.person]} {person.last_name[order.person]}",
                    "address1": address["address1"],
                    "address2": address["address2"] or None,
                    "city": address["city"],
                    "province": address["region"] or None,
                    "zip": address["postal_code"],
                    "country_code": address["country"],
                },
            },
        }

    def _profile(self, person: int, host: str, fields: set[str] | None) -> dict[str, Any]:
        """A customer's profile: the e-mail is the one ordered with, which Klaviyo identifies people by."""
        people = self._one.people
        known = people.trait[person] == 0
        is_hidden = self.shop.faults.marks("profile_without_email", str(person))
        attributes = {
            "email": None if is_hidden else people.email(person) if known else people.alias(person),
            "phone_number": None,
            "external_id": f"C{person:06d}",
            "first_name": people.first_name[person],
            "last_name": people.last_name[person],
        }
        return _resource("profile", profile_id(person), attributes, host, fields)

    def _audience(self, request: Request, kind: str) -> Response:
        found = self._audiences.get((kind, request.path_params["id"]))
        if found is None:
            raise RequestError(404, "not_found", f"A {kind} with that id does not exist.")
        attributes = {"name": found, "created": "2026-01-02T00:00:00+00:00", "updated": "2026-01-02T00:00:00+00:00"}
        resource = _resource(kind, request.path_params["id"], attributes, _host(request), _fields(request, kind))
        return self._answer({"data": resource})

    def _members(self, request: Request, kind: str) -> Response:
        _refuse_parameters(request, {"filter", "sort", "page[size]", "page[cursor]", "fields[profile]"})
        campaign_id = self._audiences.get((kind, request.path_params["id"]))
        if campaign_id is None:
            raise RequestError(404, "not_found", f"A {kind} with that id does not exist.")
        drawn = self._one.recipients[campaign_id]
        joined_at = drawn.created_at - timedelta(days=1)
        # everybody joined at one time, so a bound takes all or none
        after = _joined_filter(request.query_params.get("filter", ""))
        members = drawn.person.tolist() if after is None or joined_at >= after else []
        page, links = _page(request, 0, len(members), _page_size(request, default=20, most=100))
        fields = _fields(request, "profile")
        data = [self._member(person, joined_at, _host(request), fields) for person in members[page]]
        return self._answer({"data": data, "links": self._links(request, links)})

    def _member(self, person: int, joined_at: datetime, host: str, fields: set[str] | None) -> dict[str, Any]:
        """A profile as the mail file knows it."""
        people = self._one.people
        address = people.addresses[people.household[person]].written(0)
        location = {
            "address1": address["address1"],
            "address2": address["address2"] or None,
            "city": address["city"],
            "region": address["region"],
            "zip": address["postal_code"],
            # profiles hold the country's name, not its code
            "country": "United States",
        }
        attributes = {
            "email": people.email(person) if people.has_email[person] else None,
            "phone_number": None,
            "external_id": f"C{person:06d}",
            "first_name": people.first_name[person],
            "last_name": people.last_name[person],
            "organization": None,
            "location": location if people.has_address[person] else {"country": "United States"},
            "created": joined_at.isoformat(),
            "updated": joined_at.isoformat(),
            "joined_group_at": joined_at.isoformat(),
        }
        return _resource("profile", profile_id(person), attributes, host, fields, always=frozenset({"joined_group_at"}))


def _metric(metric_id: str, name: str, host: str, integration: str = "Shopify") -> dict[str, Any]:
    shop = {"object": "integration", "id": "0eMvjm", "name": integration, "category": "eCommerce"}
    attributes = {
        "name": name,
        "created": "2026-01-02T00:00:00+00:00",
        "updated": "2026-01-02T00:00:00+00:00",
        "integration": shop,
    }
    return _resource("metric", metric_id, attributes, host, None)


def _resource(
    kind: str,
    identifier: str,
    attributes: dict[str, Any],
    host: str,
    fields: set[str] | None,
    always: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    shown = {name: value for name, value in attributes.items() if fields is None or name in fields | always}
    return {
        "type": kind,
        "id": identifier,
        "attributes": shown,
        "links": {"self": f"{host}/api/{kind}s/{identifier}/"},
    }


def _event_id(metric: str, order: Order) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{metric}/{order.order_id}").hex[:11]


def _host(request: Request) -> str:
    """Scheme, host and the path below which this stand-in is mounted."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"


def _refuse_parameters(request: Request, allowed: set[str]) -> None:
    for name in request.query_params:
        if name not in allowed:
            raise RequestError(400, "invalid", f"'{name}' is not a valid parameter for this endpoint.", name)


def _fields(request: Request, kind: str) -> set[str] | None:
    asked = request.query_params.get(f"fields[{kind}]")
    return set(asked.split(",")) if asked else None


def _page_size(request: Request, default: int, most: int) -> int:
    asked = request.query_params.get("page[size]", str(default))
    if not asked.isdigit() or not 1 <= int(asked) <= most:
        raise RequestError(400, "invalid", f"Page size must be between 1 and {most}.", "page[size]")
    return int(asked)


def _page(request: Request, first: int, last: int, size: int) -> tuple[slice, dict[str, Any]]:
    """The part of [first, last) that the request's cursor points to, and its links."""
    start = first
    cursor = request.query_params.get("page[cursor]")
    if cursor:
        try:
            start = int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix("next::"))
        except ValueError:
            raise RequestError(400, "invalid", "Invalid cursor provided", "page[cursor]") from None
    end = min(start + size, last)
    links: dict[str, Any] = {"self": str(request.url)}
    if end < last:
        query = dict(request.query_params) | {
            "page[cursor]": base64.urlsafe_b64encode(f"next::{end}".encode()).decode()
        }
        links["next"] = (
            f"{_host(request)}{request.url.path.removeprefix(request.scope['root_path'])}?{urlencode(query)}"
        )
    return slice(start, end), links


def _event_filter(text: str, now: datetime) -> tuple[str, datetime, datetime]:
    """Metric, inclusive lower and exclusive upper bound of an events filter."""
    metric = re.search(r'equals\(metric_id,"([^"]+)"\)', text)
    if not metric:
        raise RequestError(400, "invalid", "This stand-in lists events of one metric only.", "filter")
    lower, upper = datetime(1990, 1, 1, tzinfo=UTC), now + timedelta(days=366)
    for operator, value in re.findall(r"(greater-or-equal|less-than)\(datetime,([^)]+)\)", text):
        bound = _instant(value)
        if bound > now - FRESHEST_BOUND:
            raise RequestError(400, "invalid", "A datetime filter must lie at least 5 seconds in the past.", "filter")
        lower, upper = (bound, upper) if operator == "greater-or-equal" else (lower, bound)
    return metric.group(1), lower, upper


def _joined_filter(text: str) -> datetime | None:
    bound = re.search(r"greater-or-equal\(joined_group_at,([^)]+)\)", text)
    return _instant(bound.group(1)) if bound else None


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(400, "invalid", "A filter value is not a datetime.", "filter") from None
