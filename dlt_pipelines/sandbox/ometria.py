"""A stand-in for Ometria's data API: bare arrays, limit and offset, and nothing said about what comes next.

No machine-readable specification is public; it follows the facts that two independent writers of orders agree on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dlt_pipelines.sandbox.answers import RequestError, endpoint, json_answer
from dlt_pipelines.sandbox.files import audience_id, recipient_id
from dlt_pipelines.sandbox.shop import Shop, Snapshot

DEFAULT_LIMIT, LARGEST_LIMIT = 10, 250


def api_key(organization_id: str) -> str:
    """The key of an organization's account in the sandbox."""
    return f"ometria_sandbox_{organization_id}"


def ometria_app(shops: Sequence[Shop]) -> Starlette:
    """The ASGI application: an account for each shop that uses Ometria."""
    accounts = {api_key(shop.world.plan.organization_id): _Account(shop) for shop in shops}
    answer = partial(endpoint, account_of=partial(_authorised, accounts), error_answer=_error)
    return Starlette(
        routes=[
            Route("/v2/orders", answer(_Account.orders)),
            Route("/v2/profiles", answer(_Account.profiles)),
            Route("/v2/lists", answer(_Account.lists)),
            Route("/v2/lists/{id}/changes", answer(_Account.list_changes)),
        ]
    )


def _authorised(accounts: dict[str, _Account], request: Request) -> _Account:
    key = request.headers.get("X-Ometria-Auth", "")
    if key not in accounts:
        raise RequestError(403, "forbidden", "The key is not allowed to read this.")
    if accounts[key].shop.faults.strikes("throttled"):
        # no Retry-After: none is documented
        raise RequestError(429, "throttled", "Too many requests.")
    return accounts[key]


def _error(error: RequestError) -> Response:
    body = orjson.dumps({"message": error.detail})
    return Response(body, status_code=error.status, media_type="application/json")


class _Account:
    """One organization's account."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._one = shop.world

    def orders(self, request: Request) -> Response:
        """Orders, by id or by their update."""
        if request.query_params.get("offset", "0") != "0" and self.shop.faults.strikes("moved_while_paging"):
            self.shop.touch(self.shop.clock.now())
        found = self.shop.snapshots()
        since = _since(request)
        if since and not self.shop.faults.strikes("since_ignored"):
            found = [one for one in found if one.updated_at >= since]
        if request.query_params.get("orderby") != "timestamp_update":
            found = sorted(found, key=lambda one: one.order.order_id)
        return self._answer([self.order(one) for one in found[_window(request)]])

    def profiles(self, request: Request) -> Response:
        """Everybody who may be mailed; nobody's profile ever changes."""
        updated = self._updated_at()
        since = _since(request)
        count = 0 if since and updated < since else self._one.people.mailable
        return self._answer([self._profile(person, updated) for person in range(count)[_window(request)]])

    def lists(self, request: Request) -> Response:
        """The lists that are a campaign's audience."""
        plan = self._one.plan
        lists = [
            {
                "id": int(audience_id(campaign, plan.provider)),
                "title": campaign.name,
                "type": "STATIC",
                "size": len(self._one.recipients[campaign.campaign_id].person),
                "status": "active",
                "timestamp_created": self._updated_at().isoformat(),
            }
            for campaign in plan.campaigns
            if campaign.audience == "list"
        ]
        return self._answer(lists[_window(request)])

    def list_changes(self, request: Request) -> Response:
        """Who entered a list; at first everybody did."""
        plan = self._one.plan
        for campaign in plan.campaigns:
            if campaign.audience == "list" and audience_id(campaign, plan.provider) == request.path_params["id"]:
                drawn = self._one.recipients[campaign.campaign_id]
                entered_at = drawn.created_at - timedelta(days=1)
                since = _since(request)
                persons = [] if since and entered_at < since else drawn.person.tolist()
                return self._answer(
                    [
                        {
                            "profile_id": recipient_id(self._one, person),
                            "event": "enter",
                            "timestamp": entered_at.isoformat(),
                        }
                        for person in persons[_window(request)]
                    ]
                )
        raise RequestError(404, "not_found", "There is no list with that id.")

    def order(self, one: Snapshot) -> dict[str, Any]:
        """An order as Ometria's Magento extension writes it."""
        order, faults = one.order, self.shop.faults
        number: Any = str if faults.marks("text_numbers", order.order_id) else float
        # Magento passes the sign through; a few shops do not
        sign = 1 if faults.marks("positive_discount", order.order_id) else -1
        is_naive = faults.marks("naive_timestamps", order.order_id)
        people = self._one.people
        address = order.address
        status = "canceled" if one.is_cancelled else "complete" if one.fulfilled_at else "processing"
        return {
            "@type": "order",
            "id": order.order_id,
            "increment_id": order.order_id,
            "timestamp": _time(order.ordered_at, is_naive),
            "timestamp_update": _time(one.updated_at, is_naive),
            "status": status,
            "is_valid": True,
            "currency": order.currency,
            "grand_total": number(order.total / 100),
            "subtotal": number((order.total - order.shipping - order.tax + order.discount) / 100),
            "discount": number(sign * order.discount / 100),
            "shipping": number(order.shipping / 100),
            "tax": number(order.tax / 100),
            "total_refunded": number(order.refunded / 100 if one.is_refunded else 0),
            "coupon_code": order.codes[0] if order.codes else None,
            "customer": None
            if faults.marks("no_customer", order.order_id)
            else {
                "id": f"C{order.person:06d}",
                "email": order.email,
                "firstname": people.first_name[order.person],
                "lastname": people.last_name[order.person],
            },
            "shipping_address": {
                "city": address["city"],
                "state": address["region"] or None,
                "postcode": address["postal_code"],
                "country_code": address["country"],
            },
            "lineitems": [
                {
                    "product_id": "501",
                    "sku": f"{self._one.plan.organization_id[:3].upper()}-501",
                    "quantity": 1,
                    "unit_price": number((order.total - order.shipping - order.tax + order.discount) / 100),
                    "discount": number(sign * order.discount / 100),
                    "total": number((order.total - order.shipping - order.tax) / 100),
                }
            ],
            "store": "web",
        }

    def _profile(self, person: int, updated: datetime) -> dict[str, Any]:
        """A person without an address: the profile has none but a country."""
        people = self._one.people
        return {
            "id": recipient_id(self._one, person),
            "email": people.email(person) if people.has_email[person] else None,
            "customer_id": f"C{person:06d}",
            "firstname": people.first_name[person],
            "lastname": people.last_name[person],
            "country": self._one.plan.country,
            "timestamp_update": updated.isoformat(),
        }

    def _updated_at(self) -> datetime:
        return min(drawn.created_at for drawn in self._one.recipients.values()) - timedelta(days=2)

    def _answer(self, body: Any) -> Response:
        return json_answer(body, self.shop.faults)


def _window(request: Request) -> slice:
    limit, offset = request.query_params.get("limit", str(DEFAULT_LIMIT)), request.query_params.get("offset", "0")
    if not limit.isdigit() or not offset.isdigit():
        raise RequestError(400, "invalid", "limit and offset must be whole numbers.")
    start = int(offset)
    return slice(start, start + min(int(limit), LARGEST_LIMIT))


def _since(request: Request) -> datetime | None:
    asked = request.query_params.get("updateSince")
    return datetime.fromisoformat(asked) if asked else None


def _time(instant: datetime, is_naive: bool) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S") if is_naive else instant.isoformat()
