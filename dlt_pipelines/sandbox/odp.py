"""A stand-in for ODP's API: strict in what it takes, and without memory of what it took before.

It follows the vendor's specification and guides: events are immutable and never told apart; refunds and cancellations
subtract the absolute value of what they say; objects and profiles are upserted; a 400 names objects by their place.
Whether the others of such a request are taken is not documented, so it does either (`is_400_atomic`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dlt_pipelines.sandbox.answers import RequestError
from dlt_pipelines.sandbox.destination import (
    E164,
    E_MAIL,
    DestinationAccount,
    InvalidError,
    amount,
    destination_endpoint,
    only,
    plain_json,
    text,
)
from dlt_pipelines.sandbox.faults import Faults

MOST_OBJECTS = 500
LONGEST_TEXT = 1024
AMOUNTS = ("total", "subtotal", "tax", "shipping", "discount")
ORDER_TEXTS = ("coupon_code", "ship_address", "bill_address")
LINE_AMOUNTS = ("price", "quantity", "discount", "subtotal")
# the account's own fields, which its owner made beforehand (docs/publishing.md)
ORDER_FIELDS = {"order_id", "status", "dm_status", "dm_campaign_id", "dm_match_method", "dm_matched_on"}
PROFILE_TEXTS = {"dm_last_campaign_id", "dm_last_match_method"}
PROFILE_NUMBERS = {"dm_credited_orders", "dm_credited_amount", "dm_last_credited_at"}
PRODUCT_TEXTS = {"product_id", "name", "sku", "image_url"}
IDENTIFIERS = ("email", "phone", "customer_id")


def api_key(organization_id: str) -> str:
    """The private key of an organization's account in the sandbox."""
    return f"sandbox-{organization_id}.secret"


@dataclass
class OdpOrder:
    """What ODP makes of an order's events.

    Attributes:
        total: What purchases brought, less what refunds and cancellations took.
        subtotal: Likewise.
        refunded: What refunds took.
        cancelled: What cancellations took.
        purchases: How many purchases there were; one is right.
        fields: Of the order object.
    """

    total: Decimal = Decimal(0)
    subtotal: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    cancelled: Decimal = Decimal(0)
    purchases: int = 0
    fields: dict[str, Any] = field(default_factory=dict)


class OdpAccount(DestinationAccount):
    """One organization's account.

    Attributes:
        orders: By id.
        profiles: Attributes by identifier and its kind.
        products: By id.
        events: How often each was taken: by order, action and time.
        is_400_atomic: Whether a request in which an object is refused leaves no trace of the others.
    """

    def __init__(self, organization_id: str, faults: Faults, is_400_atomic: bool = True) -> None:
        super().__init__(organization_id, faults)
        self.orders: dict[str, OdpOrder] = {}
        self.profiles: dict[tuple[str, str], dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.events: Counter[tuple[str, str, int]] = Counter()
        self.is_400_atomic = is_400_atomic

    def take_events(self, _request: Request, body: Any) -> Response:
        """Order events."""
        return self._take(body, "event", _checked_event, self._apply_event)

    def take_objects(self, request: Request, body: Any) -> Response:
        """Orders or products."""
        kinds = {"orders": (_checked_order, self._apply_order), "products": (_checked_product, self._apply_product)}
        if request.path_params["object"] not in kinds:
            raise RequestError(404, "not_found", "There is no such object.")
        return self._take(body, "object", *kinds[request.path_params["object"]])

    def take_profiles(self, _request: Request, body: Any) -> Response:
        """Profiles, their identifiers among the attributes."""
        return self._take(body, "profile", _checked_profile, self._apply_profile)

    def show_profile(self, request: Request, _body: Any) -> Response:
        """A profile by its e-mail."""
        found = self.profiles.get(("email", request.query_params.get("email", "")))
        if found is None:
            raise RequestError(404, "not_found", "There is no such profile.")
        return plain_json({"attributes": found})

    def _take(self, body: Any, what: str, check: Callable[[Any], Any], apply: Callable[[Any], None]) -> Response:
        given = body if isinstance(body, list) else [body]
        if not 1 <= len(given) <= MOST_OBJECTS:
            raise RequestError(400, "too_many", f"A request takes 1 to {MOST_OBJECTS} objects.")
        checked, invalids = [], []
        refused = self._refused_place(len(given))
        for place, one in enumerate(given):
            try:
                if place == refused:
                    raise InvalidError("refused by chance")
                checked.append(check(one))
            except InvalidError as error:
                invalids.append({what: place, "message": str(error)})
        if not invalids or not self.is_400_atomic:
            for one in checked:
                apply(one)
        if invalids:
            return plain_json(_answer(400, "Bad Request") | {"detail": {"invalids": invalids}}, 400)
        return plain_json(_answer(202, "Accepted"), 202)

    def _refused_place(self, objects: int) -> int | None:
        return self.requests % objects if self.faults.strikes("named_400") else None

    def _apply_event(self, event: dict[str, Any]) -> None:
        told = event["data"]["order"]
        order = self.orders.setdefault(told["order_id"], OdpOrder())
        self.events[told["order_id"], event["action"], event["data"]["ts"]] += 1
        total, subtotal = Decimal(told["total"]), Decimal(told["subtotal"])
        if event["action"] == "purchase":
            order.purchases += 1
            order.total += total
            order.subtotal += subtotal
        else:
            order.total -= abs(total)
            order.subtotal -= abs(subtotal)
            if event["action"] == "cancel":
                order.cancelled += abs(total)
            else:
                order.refunded += abs(total)
        for kind, value in event["identifiers"].items():
            self.profiles.setdefault((kind, value), {kind: value})

    def _apply_order(self, told: dict[str, Any]) -> None:
        self.orders.setdefault(told["order_id"], OdpOrder()).fields |= told

    def _apply_product(self, told: dict[str, Any]) -> None:
        self.products.setdefault(told["product_id"], {}).update(told)

    def _apply_profile(self, attributes: dict[str, Any]) -> None:
        [kind] = [name for name in IDENTIFIERS if name in attributes]
        self.profiles.setdefault((kind, attributes[kind]), {}).update(attributes)


def odp_app(accounts: Sequence[OdpAccount]) -> Starlette:
    """The ASGI application with those accounts."""
    by_key = {api_key(one.organization_id): one for one in accounts}
    answer = partial(destination_endpoint, account_of=partial(_authorised, by_key), error_answer=_error)
    return Starlette(
        routes=[
            Route("/v3/events", answer(OdpAccount.take_events), methods=["POST"]),
            Route("/v3/objects/{object}", answer(OdpAccount.take_objects), methods=["POST"]),
            Route("/v3/profiles", answer(OdpAccount.take_profiles), methods=["POST"]),
            Route("/v3/profiles", answer(OdpAccount.show_profile), methods=["GET"]),
        ]
    )


def _authorised(accounts: dict[str, OdpAccount], request: Request) -> OdpAccount:
    account = accounts.get(request.headers.get("x-api-key", ""))
    if account is None:
        raise RequestError(403, "forbidden", "Forbidden")
    if account.faults.strikes("throttled"):
        # no status for it is documented; this is the one that HTTP has
        raise RequestError(429, "throttled", "Too many requests.", headers={"Retry-After": "0"})
    return account


def _error(error: RequestError) -> Response:
    body = {"message": error.detail} if error.status == 403 else _answer(error.status, error.detail)
    answer = plain_json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def _answer(status: int, title: str) -> dict[str, Any]:
    return {"title": title, "status": status, "timestamp": datetime.now(UTC).isoformat()}


def _checked_event(event: Any) -> dict[str, Any]:
    only(event, {"type", "action", "identifiers", "data"}, "event")
    if event.get("type") != "order" or event.get("action") not in ("purchase", "refund", "return", "cancel"):
        raise InvalidError("the type must be order, and the action one that an order has", "action")
    _check_identifiers(only(event.get("identifiers"), set(IDENTIFIERS), "identifiers"))
    data = only(event.get("data"), {"ts", "order"}, "data")
    if isinstance(data.get("ts"), bool) or not isinstance(data.get("ts"), int):
        raise InvalidError("ts must be whole seconds", "ts")
    order = only(data.get("order"), {"order_id", "items", *AMOUNTS, *ORDER_TEXTS}, "order")
    text(order, "order_id", LONGEST_TEXT)
    for name in AMOUNTS:
        amount(order, name, is_required=name in ("total", "subtotal"))
    for name in ORDER_TEXTS:
        text(order, name, LONGEST_TEXT, is_required=False)
    for name in ("ship_address", "bill_address"):
        if name in order and order[name].count(",") != 5:
            raise InvalidError(f"{name} must have six parts", name)
    for line in order.get("items", []):
        only(line, {"product_id", *LINE_AMOUNTS}, "item")
        text(line, "product_id", LONGEST_TEXT)
        for name in LINE_AMOUNTS:
            amount(line, name, is_required=False)
    return dict(event)


def _check_identifiers(identifiers: dict[str, Any]) -> None:
    if not identifiers:
        raise InvalidError("at least one identifier is needed", "identifiers")
    for name in identifiers:
        text(identifiers, name, LONGEST_TEXT)
    if "email" in identifiers and not E_MAIL.fullmatch(identifiers["email"]):
        raise InvalidError("email is none", "email")
    if "phone" in identifiers and not E164.fullmatch(identifiers["phone"]):
        raise InvalidError("phone is not in E.164", "phone")


def _checked_order(row: Any) -> dict[str, Any]:
    only(row, ORDER_FIELDS, "order")
    for name in ORDER_FIELDS:
        text(row, name, LONGEST_TEXT, is_required=name in ("order_id", "status"))
    return dict(row)


def _checked_product(row: Any) -> dict[str, Any]:
    only(row, {*PRODUCT_TEXTS, "price"}, "product")
    for name in PRODUCT_TEXTS:
        text(row, name, LONGEST_TEXT, is_required=name == "product_id")
    amount(row, "price", is_required=False)
    return dict(row)


def _checked_profile(row: Any) -> dict[str, Any]:
    attributes = only(only(row, {"attributes"}, "profile").get("attributes"), _PROFILE_FIELDS, "attributes")
    identifiers = {name: attributes[name] for name in IDENTIFIERS if name in attributes}
    _check_identifiers(identifiers)
    for name in PROFILE_TEXTS:
        text(attributes, name, LONGEST_TEXT, is_required=False)
    for name in PROFILE_NUMBERS:
        amount(attributes, name, is_required=False)
    return dict(attributes)


_PROFILE_FIELDS = {*IDENTIFIERS, *PROFILE_TEXTS, *PROFILE_NUMBERS}
