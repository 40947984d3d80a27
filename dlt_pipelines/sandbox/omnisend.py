"""A stand-in for Omnisend's API, in both versions: batches that are worked off later, and strict about each item.

It follows Omnisend's reference and the vendor's own validator: events of the past are told apart by `eventID` and
`eventTime`, newer ones are not; contacts are upserted; a product that is there is not made again.
"""

from __future__ import annotations

import re
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

V5, V2026 = "v5", "2026-03-15"
MOST_ITEMS = {V5: 1000, V2026: 100}
MOST_BYTES = 1_000_000
LONGEST_PAGE, DEFAULT_PAGE = 250, 100
# an event that is younger sets off automations, and is not told from another
HISTORICAL_AFTER = timedelta(hours=1)
ORDER_EVENTS = ("placed order", "paid for order", "order fulfilled", "order canceled", "order refunded")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ORDER_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "currency": (lambda value: bool(re.fullmatch("[A-Z]{3}", str(value))), "three capital letters"),
    "orderNumber": (lambda value: value is None or isinstance(value, int), "a whole number"),
    "fulfillmentStatus": (
        lambda value: value in ("unfulfilled", "inProgress", "fulfilled", "delivered", "restocked"),
        "a state of fulfilment",
    ),
    "paymentStatus": (
        lambda value: value in ("awaitingPayment", "partiallyPaid", "paid", "partiallyRefunded", "refunded", "voided"),
        "a state of payment",
    ),
    "subTotalTaxIncluded": (lambda value: isinstance(value, bool), "true or false"),
    "lineItems": (lambda value: isinstance(value, list), "a list"),
}
ORDER_AMOUNTS = ("subTotalPrice", "totalDiscount", "totalTax", "totalPrice")
ADDRESS_KEYS = set("address1 address2 city company country firstName lastName phone state stateCode zip".split())
LINE_TEXTS = {
    "productID": True,
    "productTitle": True,
    "productVariantID": True,
    "productSKU": False,
    "productURL": False,
    "productImageURL": False,
}
LINE_KEYS = {*LINE_TEXTS, "productPrice", "productQuantity", "productDiscount", "productCategories"}
ORDER_KEYS = {
    *("orderID", "createdAt", "paymentMethod", "shippingPrice", "billingAddress", "shippingAddress", "discounts"),
    "totalRefundedAmount",
    *ORDER_FIELDS,
    *ORDER_AMOUNTS,
}


def api_key(organization_id: str) -> str:
    """The key of an organization's account in the sandbox."""
    return f"omnisend_sandbox_{organization_id}"


@dataclass
class _Batch:
    """A batch that was taken."""

    batch_id: str
    endpoint: str
    answers: list[dict[str, Any]]
    polls_left: int
    is_stopped: bool
    total: int

    @property
    def errors(self) -> int:
        """How many items were refused."""
        return sum(one["responseCode"] >= 400 for one in self.answers)


@dataclass
class OmnisendOrder:
    """What the events of an order say.

    Attributes:
        total: Of its placement.
        refunded: In all its refunds.
        is_cancelled: Whether it is.
        is_paid: Whether it is.
        is_fulfilled: Whether it is.
        lines: Ordered products.
    """

    total: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    is_cancelled: bool = False
    is_paid: bool = False
    is_fulfilled: bool = False
    lines: int = 0


class OmnisendAccount(DestinationAccount):
    """One brand's account.

    Attributes:
        events: By `eventID`, `eventTime` and a number for repeated ones of today.
        contacts: Custom properties by kind and identifier.
        products: By id.
        per_minute: Requests that it takes in any 60 seconds; None for any number.
        calls: When requests came, in seconds.
    """

    def __init__(self, organization_id: str, faults: Faults, per_minute: int | None = None) -> None:
        super().__init__(organization_id, faults)
        self.events: dict[tuple[str, str, int], dict[str, Any]] = {}
        self.contacts: dict[tuple[str, str], dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.per_minute = per_minute
        self.calls: deque[float] = deque()
        self._batches: dict[str, _Batch] = {}

    def orders(self) -> dict[str, OmnisendOrder]:
        """Orders, by id, as their events tell of them."""
        found: dict[str, OmnisendOrder] = {}
        for event in self.events.values():
            properties, name = event["properties"], event["eventName"]
            order = found.setdefault(properties["orderID"], OmnisendOrder())
            if name == "placed order":
                order.total += Decimal(properties["totalPrice"])
            order.refunded += Decimal(properties.get("totalRefundedAmount", 0))
            order.is_cancelled |= name == "order canceled"
            order.is_paid |= name == "paid for order"
            order.is_fulfilled |= name == "order fulfilled"
            order.lines += name == "ordered product"
        return found

    def take_batch(self, request: Request, body: Any) -> Response:
        """A batch, to be worked off."""
        version = V5 if request.url.path.count("/v5/") else V2026
        if int(request.headers.get("content-length", "0")) > MOST_BYTES:
            raise RequestError(413, "too_large", "The body is larger than 1 MB.")
        method, endpoint, items = _checked_batch(body, MOST_ITEMS[version])
        is_stopped = self.faults.strikes("batch_stopped")
        answers = [
            self._answered(endpoint, method, item) for item in (items[: len(items) // 2] if is_stopped else items)
        ]
        one = _Batch(
            uuid.uuid4().hex,
            endpoint,
            answers,
            polls_left=3 if self.faults.strikes("slow_batch") else 0,
            is_stopped=is_stopped,
            total=len(items),
        )
        self._batches[one.batch_id] = one
        return plain_json({"batchID": one.batch_id, "totalCount": one.total}, 201)

    def list_batches(self, request: Request, _body: Any) -> Response:
        """Batches of an endpoint."""
        endpoint = request.query_params.get("endpoint")
        if endpoint not in _CHECKS:
            raise RequestError(400, "invalid", "endpoint must be given.", "endpoint")
        found = [_shown(one) for one in self._batches.values() if one.endpoint == endpoint]
        return plain_json({"batches": found[: _limit(request)]})

    def show_batch(self, request: Request, _body: Any) -> Response:
        """How far a batch is."""
        one = self._batch(request)
        if one.polls_left:
            one.polls_left -= 1
            return plain_json(_shown(one) | {"status": "inProgress", "finishedCount": 0, "errorsCount": 0})
        return plain_json(_shown(one))

    def show_items(self, request: Request, _body: Any) -> Response:
        """What became of each item, a page at a time."""
        one = self._batch(request)
        is_v5 = "/v5/" in request.url.path
        start = int(request.query_params.get("after") or request.query_params.get("offset") or 0)
        limit = _limit(request)
        page, following = one.answers[start : start + limit], start + limit
        has_more = following < len(one.answers)
        link = str(request.url.replace_query_params(offset=following, limit=limit)) if has_more else None
        paging: dict[str, Any] = (
            {"next": link} if is_v5 else {"cursors": {"after": str(following)}, "hasMore": has_more}
        )
        return plain_json({"batchID": one.batch_id, "items": page, "paging": paging})

    def _batch(self, request: Request) -> _Batch:
        one = self._batches.get(request.path_params["batch_id"])
        if one is None or self.faults.strikes("batch_forgotten"):
            raise RequestError(404, "not_found", "There is no such batch.")
        return one

    def _answered(self, endpoint: str, method: str, item: Any) -> dict[str, Any]:
        response: dict[str, Any] = {}
        try:
            if self.faults.strikes("item_refused"):
                raise InvalidError("refused by chance")
            _CHECKS[endpoint](item)
            code = getattr(self, f"_apply_{endpoint}")(item, method)
            if code >= 400:
                response = {"error": "The product is not as the method supposes."}
        except InvalidError as error:
            code = 400
            response = {"error": str(error), "errors": [{"field": error.field, "message": str(error)}]}
        return {
            "itemID": uuid.uuid4().hex,
            "request": item,
            "response": response,
            "responseCode": code,
            "status": "finished",
        }

    def _apply_events(self, event: dict[str, Any], _method: str) -> int:
        at = datetime.fromisoformat(event["eventTime"])
        key = (event["eventID"], event["eventTime"])
        is_historical = at < datetime.now(UTC) - HISTORICAL_AFTER
        repeated = 0 if is_historical else sum((*key, number) in self.events for number in range(9))
        self.events.setdefault((*key, repeated), event)
        for kind, name in (("email", "email"), ("phone", "phone")):
            if name in event["contact"]:
                self.contacts.setdefault((kind, event["contact"][name]), {})
        return 202

    def _apply_contacts(self, contact: dict[str, Any], _method: str) -> int:
        one = contact["identifiers"][0]
        is_new = (one["type"], one["id"]) not in self.contacts
        self.contacts.setdefault((one["type"], one["id"]), {}).update(contact["customProperties"])
        return 201 if is_new else 200

    def _apply_products(self, product: dict[str, Any], method: str) -> int:
        if (product["id"] in self.products) != (method == "PUT"):
            return 404 if method == "PUT" else 409
        self.products[product["id"]] = product
        return 201 if method == "POST" else 200


def omnisend_app(accounts: Sequence[OmnisendAccount]) -> Starlette:
    """The ASGI application with those accounts, in both versions."""
    by_key = {api_key(one.organization_id): one for one in accounts}
    routes = []
    for version, base in ((V5, "/v5"), (V2026, "/api")):
        answer = partial(
            destination_endpoint, account_of=partial(_authorised, by_key, version), error_answer=_ERRORS[version]
        )
        routes += [
            Route(f"{base}/batches", answer(OmnisendAccount.take_batch), methods=["POST"]),
            Route(f"{base}/batches", answer(OmnisendAccount.list_batches), methods=["GET"]),
            Route(f"{base}/batches/{{batch_id}}", answer(OmnisendAccount.show_batch), methods=["GET"]),
            Route(f"{base}/batches/{{batch_id}}/items", answer(OmnisendAccount.show_items), methods=["GET"]),
        ]
    return Starlette(routes=routes)


def _authorised(accounts: dict[str, OmnisendAccount], version: str, request: Request) -> OmnisendAccount:
    if version == V5:
        key = request.headers.get("X-API-KEY", "")
    else:
        key = request.headers.get("Authorization", "").removeprefix("Omnisend-API-Key ")
        asked = request.headers.get("Omnisend-Version")
        if asked != V2026:
            raise RequestError(410 if asked else 400, "version", "The header Omnisend-Version must name a version.")
    account = accounts.get(key)
    if account is None:
        raise RequestError(403, "forbidden", "The key is not allowed to do this.")
    for kind, where in (("throttled_header", "header"), ("throttled_body", "body")):
        if account.faults.strikes(kind):
            raise _throttled(where, 0)
    if account.per_minute is not None:
        _count_call(account, account.per_minute)
    return account


def _count_call(account: OmnisendAccount, per_minute: int) -> None:
    now = time.monotonic()
    while account.calls and account.calls[0] <= now - 60:
        account.calls.popleft()
    if len(account.calls) >= per_minute:
        raise _throttled("body", account.calls[0] + 60 - now)
    account.calls.append(now)


def _throttled(where: str, seconds: float) -> RequestError:
    headers = {"Retry-After": f"{seconds:.0f}"} if where == "header" else {"x-body-retry-after": f"{seconds:.2f}"}
    return RequestError(429, "throttled", "Too many requests.", headers=headers)


def _error_v5(error: RequestError) -> Response:
    body: dict[str, Any] = {"error": error.detail, "statusCode": error.status}
    return _with_wait(error, body)


def _error_2026(error: RequestError) -> Response:
    """RFC 9457."""
    body: dict[str, Any] = {"type": error.code, "title": error.detail, "status": error.status, "detail": error.detail}
    if error.parameter:
        body["errors"] = [{"field": error.parameter, "code": error.code, "message": error.detail}]
    return _with_wait(error, body)


def _with_wait(error: RequestError, body: dict[str, Any]) -> Response:
    if "x-body-retry-after" in error.headers:
        body["retryAfter"] = float(error.headers["x-body-retry-after"])
    answer = plain_json(body, error.status)
    if "Retry-After" in error.headers:
        answer.headers["Retry-After"] = error.headers["Retry-After"]
    return answer


_ERRORS: dict[str, Callable[[RequestError], Response]] = {V5: _error_v5, V2026: _error_2026}


def _limit(request: Request) -> int:
    return min(int(request.query_params.get("limit", DEFAULT_PAGE)), LONGEST_PAGE)


def _shown(one: _Batch) -> dict[str, Any]:
    return {
        "batchID": one.batch_id,
        "endpoint": one.endpoint,
        "status": "stopped" if one.is_stopped else "finished",
        "totalCount": one.total,
        "finishedCount": len(one.answers),
        "errorsCount": one.errors,
    }


def _checked_batch(body: Any, most: int) -> tuple[str, str, list[Any]]:
    try:
        only(body, {"method", "endpoint", "origin", "items"}, "batch")
    except InvalidError as error:
        raise RequestError(400, "invalid", str(error), error.field) from error
    items = body.get("items")
    if body.get("method") not in ("POST", "PUT") or body.get("endpoint") not in _CHECKS:
        raise RequestError(400, "invalid", "method or endpoint is none that there is.", "endpoint")
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        raise RequestError(400, "invalid", f"A batch has 1 to {most} items.", "items")
    return body["method"], body["endpoint"], items


def _check_event(event: Any) -> None:
    names = {"eventName", "eventVersion", "origin", "eventID", "eventTime", "contact", "properties"}
    only(event, names, "event")
    if event.get("eventName") not in (*ORDER_EVENTS, "ordered product") or event.get("eventVersion") != "v2":
        raise InvalidError("eventName and eventVersion must be those of an order event", "eventName")
    if event.get("origin") != "api":
        raise InvalidError("origin must be api", "origin")
    try:
        version = uuid.UUID(str(event.get("eventID"))).version
    except ValueError:
        version = None
    if version not in (4, 5, 6, 7):
        raise InvalidError("eventID must be a UUID of version 4 to 7", "eventID")
    if not RFC3339.fullmatch(str(event.get("eventTime"))):
        raise InvalidError("eventTime must be as in RFC 3339", "eventTime")
    _check_contact(only(event.get("contact"), {"email", "phone"}, "contact"))
    if event["eventName"] == "ordered product":
        properties = only(event.get("properties"), {"orderID", "currency", "product"}, "properties")
        text(properties, "orderID", 255)
        _check_line(properties.get("product"))
    else:
        _check_order(event)


def _check_order(event: dict[str, Any]) -> None:
    properties = only(event.get("properties"), ORDER_KEYS, "properties")
    for name in ("orderID", "paymentMethod", "createdAt"):
        text(properties, name, 255)
    for name, (fits, what) in ORDER_FIELDS.items():
        if not fits(properties.get(name)):
            raise InvalidError(f"{name} must be {what}", name)
    for name in ORDER_AMOUNTS:
        amount(properties, name)
    amount(properties, "shippingPrice", is_required=False)
    amount(properties, "totalRefundedAmount", is_required=event["eventName"] == "order refunded")
    for name in ("billingAddress", "shippingAddress"):
        for part in only(properties.get(name), ADDRESS_KEYS, name):
            text(properties[name], part, 500)
    for line in properties["lineItems"]:
        _check_line(line)
    for discount in properties.get("discounts", []):
        only(discount, {"amount", "code", "type"}, "discount")


def _check_line(line: Any) -> None:
    only(line, LINE_KEYS, "line item")
    for name, is_required in LINE_TEXTS.items():
        text(line, name, 1000, is_required)
    amount(line, "productPrice")
    amount(line, "productQuantity")
    amount(line, "productDiscount", is_required=False)
    for category in line.get("productCategories", []):
        text(only(category, {"id", "title"}, "category"), "id", 100)


def _check_contact(contact: dict[str, Any]) -> None:
    if not contact:
        raise InvalidError("a contact needs an e-mail or a phone number", "contact")
    if "email" in contact and not E_MAIL.fullmatch(str(contact["email"])):
        raise InvalidError("email is none", "email")
    if "phone" in contact and not E164.fullmatch(str(contact["phone"])):
        raise InvalidError("phone is not in E.164", "phone")


def _check_contacts(contact: Any) -> None:
    only(contact, {"identifiers", "tags", "customProperties"}, "contact")
    identifiers = contact.get("identifiers")
    if not isinstance(identifiers, list) or len(identifiers) != 1:
        raise InvalidError("identifiers must be a list", "identifiers")
    one = only(identifiers[0], {"type", "id"}, "identifier")
    if one.get("type") not in ("email", "phone"):
        raise InvalidError("the type must be email or phone", "type")
    _check_contact({one["type"]: one.get("id")})
    only(contact.get("customProperties"), set(contact.get("customProperties") or ()), "customProperties")
    if not all(isinstance(tag, str) and tag for tag in contact.get("tags", [])):
        raise InvalidError("tags must be texts", "tags")


def _check_products(product: Any) -> None:
    only(product, {"id", "title", "url", "currency", "status", "variants"}, "product")
    for name, most in (("id", 100), ("title", 255), ("url", 1000), ("currency", 3)):
        text(product, name, most)
    if product.get("status") not in ("inStock", "outOfStock", "notAvailable"):
        raise InvalidError("status must be one that there is", "status")
    variants = product.get("variants")
    if not isinstance(variants, list) or not 1 <= len(variants) <= 500:
        raise InvalidError("variants must be 1 to 500", "variants")
    for variant in variants:
        only(variant, {"id", "title", "url", "price", "imageUrl"}, "variant")
        for name in ("id", "title", "url"):
            text(variant, name, 1000)
        amount(variant, "price")


_CHECKS: dict[str, Callable[[Any], None]] = {
    "events": _check_event,
    "contacts": _check_contacts,
    "products": _check_products,
}
