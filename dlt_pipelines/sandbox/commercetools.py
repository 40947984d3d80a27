"""A stand-in for the HTTP API of commercetools: OAuth, predicates, paged query results, and orders as it words them.

Of the predicate language it knows what a keyset walk needs, and refuses the rest.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dlt_pipelines.sandbox.answers import RequestError, endpoint, json_answer
from dlt_pipelines.sandbox.shop import Shop, Snapshot
from dlt_pipelines.sandbox.world import START

LARGEST_LIMIT, LARGEST_OFFSET, DEFAULT_LIMIT = 500, 10_000, 20
# what an import modifies together has one time
IMPORTED_EVERY = 6
NAMESPACE = uuid.NAMESPACE_OID
# what each endpoint lists
KINDS = {
    "orders": "order",
    "payments": "payment",
    "discount-codes": "code",
    "customers": "customer",
    "categories": "category",
    "product-projections": "product",
    "messages": "message",
}


class _Entry(NamedTuple):
    """An object's place in its list, and what it is made from when it is shown."""

    modified_at: str
    id: str
    source: Any


def client_secret(organization_id: str) -> str:
    """The secret of an organization's API client in the sandbox; its id is the organization's."""
    return f"ct_sandbox_{organization_id}"


def commercetools_app(shops: Sequence[Shop]) -> Starlette:
    """The ASGI application, API and authorisation host in one: a project for each shop, by the organization's id."""
    projects = {shop.world.plan.organization_id: _Project(shop) for shop in shops}
    answer = partial(endpoint, account_of=partial(_authorised, projects), error_answer=_error)

    async def token(request: Request) -> Response:
        form = (await request.body()).decode()
        return await run_in_threadpool(_token, projects, request.headers.get("Authorization", ""), form)

    routes = [Route("/oauth/token", token, methods=["POST"])]
    routes += [Route(f"/{{project}}/{path}", answer(partial(_query, kind))) for path, kind in KINDS.items()]
    return Starlette(routes=routes)


def _token(projects: dict[str, _Project], authorization: str, form: str) -> Response:
    try:
        client, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    except ValueError:
        client, secret = "", ""
    if client not in projects or secret != client_secret(client) or "grant_type=client_credentials" not in form:
        error = {"statusCode": 401, "message": "Please provide valid client credentials.", "error": "invalid_client"}
        return Response(orjson.dumps(error), status_code=401, media_type="application/json")
    body = {
        "access_token": projects[client].new_token(),
        "expires_in": 172_800,
        "scope": f"view_orders:{client} view_payments:{client}",
        "token_type": "Bearer",
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _authorised(projects: dict[str, _Project], request: Request) -> _Project:
    project = projects.get(request.path_params["project"])
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if project is None or not project.accepts(token):
        raise RequestError(401, "invalid_token", "invalid_token")
    if project.shop.faults.strikes("over_capacity"):
        raise RequestError(503, "OverCapacity", "The service is currently unable to handle the request.")
    if project.shop.faults.strikes("query_timed_out"):
        raise RequestError(400, "QueryTimedOut", "The query timed out.")
    return project


def _error(error: RequestError) -> Response:
    body: dict[str, Any] = {
        "statusCode": error.status,
        "message": error.detail,
        "errors": [{"code": error.code, "message": error.detail}],
    }
    if error.status == 401:
        body |= {"error": error.code, "error_description": error.detail}
    return Response(orjson.dumps(body), status_code=error.status, media_type="application/json")


def _query(kind: str, project: _Project, request: Request) -> Response:
    limit, offset = (
        int(request.query_params.get(name, default)) for name, default in (("limit", DEFAULT_LIMIT), ("offset", 0))
    )
    if not 1 <= limit <= LARGEST_LIMIT or offset > LARGEST_OFFSET:
        raise RequestError(400, "InvalidInput", "limit must be 1 to 500, and offset at most 10000.")
    if request.query_params.getlist("sort") != ["lastModifiedAt asc", "id asc"] and "where" in request.query_params:
        raise RequestError(400, "InvalidInput", "This stand-in walks by lastModifiedAt and id only.")
    fits = _predicate(request.query_params.get("where", ""))
    found = islice((entry for entry in project.index(kind) if fits(entry)), offset, offset + limit)
    expansions = request.query_params.getlist("expand")
    results = [project.expanded(project.shown(kind, entry), expansions) for entry in found]
    return json_answer(
        {"limit": limit, "offset": offset, "count": len(results), "results": results}, project.shop.faults
    )


def _predicate(text: str) -> Callable[[_Entry], bool]:
    """The two forms of a keyset walk: from a time on, or after an object, each up to a horizon."""
    if not text:
        return lambda _entry: True
    stamp = r'"([^"]+)"'
    first = re.fullmatch(rf"\(lastModifiedAt >= {stamp}\) and lastModifiedAt < {stamp}", text)
    if first:
        lower, upper = first.groups()
        return lambda entry: lower <= entry.modified_at < upper
    after = re.fullmatch(
        rf"\(lastModifiedAt > {stamp} or \(lastModifiedAt = {stamp} and id > {stamp}\)\) and lastModifiedAt < {stamp}",
        text,
    )
    if not after:
        raise RequestError(400, "InvalidInput", "Malformed parameter: where.")
    time, _, last_id, upper = after.groups()
    return lambda entry: (time, last_id) < (entry.modified_at, entry.id) and entry.modified_at < upper


class _Project:
    """One organization's project."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._organization = shop.world.plan.organization_id
        self._tokens = 0
        self._codes = sorted({code for order in shop.world.orders for code in order.codes})
        self._cached: tuple[int, dict[str, list[_Entry]]] = (-1, {})

    def new_token(self) -> str:
        """A token that takes the place of the last one."""
        self._tokens += 1
        return f"token-{self._organization}-{self._tokens}"

    def accepts(self, token: str) -> bool:
        """Whether a token is the newest one, and has not expired meanwhile."""
        is_newest = self._tokens > 0 and token == f"token-{self._organization}-{self._tokens}"
        return is_newest and not self.shop.faults.strikes("token_expired")

    def index(self, kind: str) -> list[_Entry]:
        """What there is of a kind by now, by time and id."""
        seen = len(self.shop.events())
        if self._cached[0] != seen:
            snapshots = self.shop.snapshots()
            by_person = {one.order.person: one for one in snapshots}
            sources: dict[str, list[tuple[str, str, Any]]] = {
                "order": [(self._modified_at(one), one.order.order_id, one) for one in snapshots],
                "payment": [(_time(_paid_or_refunded_at(one)), one.order.order_id, one) for one in snapshots],
                "message": [(_time(one.order.ordered_at), one.order.order_id, one) for one in snapshots],
                "customer": [(_time(one.order.ordered_at), f"C{person:06d}", one) for person, one in by_person.items()],
                "code": [(_time(START), code, code) for code in self._codes],
                "category": [(_time(START), "goods", None)],
                "product": [(_time(START), "501", None)],
            }
            index = {
                kind: sorted((_Entry(at, _id(kind, name), source) for at, name, source in found), key=lambda e: e[:2])
                for kind, found in sources.items()
            }
            self._cached = (seen, index)
        return self._cached[1][kind]

    def shown(self, kind: str, entry: _Entry) -> dict[str, Any]:
        """An object as the API words it."""
        if kind == "order":
            return self._order(entry.source, entry.modified_at)
        show: dict[str, Callable[[Any], dict[str, Any]]] = {
            "payment": self._payment,
            "customer": self._customer,
            "message": self._message,
            "code": self._discount_code,
            "category": self._category,
            "product": self._product,
        }
        return show[kind](entry.source)

    def expanded(self, one: dict[str, Any], expansions: list[str]) -> dict[str, Any]:
        """An object with its references resolved, as far as that is asked for and works."""
        if "discountCodes[*].discountCode" not in expansions or not one.get("discountCodes"):
            return one
        if self.shop.faults.marks("unexpanded_code", one["id"], is_likely=True):
            return one
        by_id = {code["id"]: code for code in map(self._discount_code, self._codes)}
        codes = [
            use | {"discountCode": use["discountCode"] | {"obj": by_id[use["discountCode"]["id"]]}}
            for use in one["discountCodes"]
        ]
        return one | {"discountCodes": codes}

    def _modified_at(self, one: Snapshot) -> str:
        """When an order was last modified; those of an import all at the same millisecond."""
        at = one.updated_at
        if self.shop.faults.marks("same_millisecond", one.order.order_id):
            at = at.replace(hour=at.hour - at.hour % IMPORTED_EVERY, minute=0, second=0)
        return _time(at)

    def _order(self, one: Snapshot, modified_at: str) -> dict[str, Any]:
        order = one.order
        currency = order.currency
        is_split = self.shop.faults.marks("multi_shipping", order.order_id)
        address = _address(order.address)
        codes = [
            {"state": "MatchesCart", "discountCode": {"typeId": "discount-code", "id": _id("code", code)}}
            for code in order.codes
        ]
        # a code that was tried and did not count
        if self._codes and order.person % 50 == 0:
            tried = {"typeId": "discount-code", "id": _id("code", self._codes[0])}
            codes.append({"state": "DoesNotMatchCart", "discountCode": tried})
        body = {
            "id": _id("order", order.order_id),
            "version": 1 + one.is_cancelled + one.is_refunded,
            "createdAt": _time(order.ordered_at),
            "lastModifiedAt": modified_at,
            "orderNumber": order.order_id,
            "customerId": _id("customer", f"C{order.person:06d}"),
            "customerEmail": order.email,
            "orderState": "Cancelled" if one.is_cancelled else "Complete" if one.fulfilled_at else "Open",
            "paymentState": "Paid",
            "shipmentState": "Shipped" if one.fulfilled_at else "Pending",
            "origin": "Customer",
            "totalPrice": _money(order.total, currency),
            "taxedPrice": {
                "totalNet": _money(order.total - order.tax, currency),
                "totalGross": _money(order.total, currency),
                "totalTax": _money(order.tax, currency),
                "taxPortions": [],
            },
            "shippingInfo": {"shippingMethodName": "Post", "price": _money(order.shipping, currency)},
            "discountOnTotalPrice": {"discountedAmount": _money(order.discount, currency), "includedDiscounts": []},
            "discountCodes": codes,
            "lineItems": [
                {
                    "id": _id("line", order.order_id),
                    "productId": _id("product", "501"),
                    "name": {"en-GB": "Assorted goods"},
                    "variant": {"id": 1, "sku": f"{self._organization[:3].upper()}-501"},
                    "quantity": 1,
                    "price": {"id": "p", "value": _money(order.total - order.shipping, currency)},
                    "totalPrice": _money(order.total - order.shipping, currency),
                }
            ],
            "customLineItems": [],
            "refusedGifts": [],
            "syncInfo": [],
            "shipping": [],
            "shippingMode": "Multiple" if is_split else "Single",
            "paymentInfo": {"payments": [{"typeId": "payment", "id": _id("payment", order.order_id)}]},
        }
        if is_split:
            body["shipping"] = [{"shippingKey": "one", "shippingAddress": address}]
            body["itemShippingAddresses"] = [address]
        else:
            body["shippingAddress"] = address
        return body

    def _payment(self, one: Snapshot) -> dict[str, Any]:
        order = one.order
        transactions = [
            {
                "id": _id("charge", order.order_id),
                "type": "Charge",
                "state": "Success",
                "timestamp": _time(order.ordered_at),
                "amount": _money(order.total, order.currency),
            }
        ]
        if one.is_refunded and order.refunded_at:
            for state, amount in (("Failure", order.total), ("Success", order.refunded)):
                transactions.append(
                    {
                        "id": _id(f"refund/{state}", order.order_id),
                        "type": "Refund",
                        "state": state,
                        "timestamp": _time(order.refunded_at),
                        "amount": _money(amount, order.currency),
                    }
                )
        return {
            "id": _id("payment", order.order_id),
            "version": len(transactions),
            "createdAt": _time(order.ordered_at),
            "lastModifiedAt": _time(_paid_or_refunded_at(one)),
            "amountPlanned": _money(order.total, order.currency),
            "transactions": transactions,
        }

    def _customer(self, one: Snapshot) -> dict[str, Any]:
        people, person = self.shop.world.people, one.order.person
        names = {"firstName": people.first_name[person], "lastName": people.last_name[person]}
        base = _base("customer", f"C{person:06d}", one.order.ordered_at)
        return base | names | {"email": one.order.email.lower(), "isEmailVerified": False, "addresses": []}

    def _message(self, one: Snapshot) -> dict[str, Any]:
        base = _base("message", one.order.order_id, one.order.ordered_at)
        resource = {"typeId": "order", "id": _id("order", one.order.order_id)}
        return base | {"type": "OrderCreated", "sequenceNumber": 1, "resource": resource, "resourceVersion": 1}

    def _category(self, _source: None) -> dict[str, Any]:
        return _base("category", "goods", START) | {"name": {"en-GB": "Goods"}, "ancestors": [], "orderHint": "0.1"}

    def _product(self, _source: None) -> dict[str, Any]:
        variant = {"id": 1, "sku": f"{self._organization[:3].upper()}-501", "prices": [], "images": []}
        product = {
            "name": {"en-GB": "Assorted goods"},
            "slug": {"en-GB": "assorted-goods"},
            "categories": [{"typeId": "category", "id": _id("category", "goods")}],
            "masterVariant": variant,
            "variants": [],
        }
        return _base("product", "501", START) | product

    def _discount_code(self, code: str) -> dict[str, Any]:
        return _base("code", code, START) | {
            "code": code,
            "cartDiscounts": [],
            "isActive": True,
            "references": [],
            "groups": [],
        }


def _paid_or_refunded_at(one: Snapshot) -> datetime:
    return one.order.refunded_at if one.is_refunded and one.order.refunded_at else one.order.ordered_at


def order_id(number: str) -> str:
    """The id that the stand-in gives an order."""
    return _id("order", number)


def _id(kind: str, name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def _base(kind: str, name: str, at: datetime) -> dict[str, Any]:
    """What every object begins with."""
    return {"id": _id(kind, name), "version": 1, "createdAt": _time(at), "lastModifiedAt": _time(at)}


def _money(cents: int, currency: str) -> dict[str, Any]:
    return {"type": "centPrecision", "currencyCode": currency, "centAmount": cents, "fractionDigits": 2}


def _address(address: dict[str, str]) -> dict[str, Any]:
    """An address in parts, as far as its writer kept them apart."""
    number, _, street = address["address1"].partition(" ")
    has_number = bool(re.fullmatch(r"\d+[A-Za-z]?", number))
    parts = {
        "streetNumber": number if has_number else None,
        "streetName": street if has_number else address["address1"],
        "apartment": address["address2"],
        "city": address["city"],
        "region": address["region"],
        "postalCode": address["postal_code"],
        "country": address["country"],
    }
    return {name: value for name, value in parts.items() if value}


def _time(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
