"""A stand-in for Shopify's Admin API: GraphQL answers to the selection asked for, query costs, bulk operations.

It knows the objects that matchback reads; each answer has the fields of the query's selection and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    value_from_ast_untyped,
)
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dlt_pipelines.sandbox.answers import RequestError, json_answer
from dlt_pipelines.sandbox.files import audience_id, customer_number
from dlt_pipelines.sandbox.shop import Shop, Snapshot
from dlt_pipelines.sandbox.world import START

BUCKET, RESTORE_RATE, DEAREST_QUERY = 2_000, 100, 1_000
# a query without our page size in it is taken to cost this
BASE_COST = 12
COST_OF_AN_ORDER = 9
# nested connections of codes are cut off at about this many in a bulk result
BULK_CODES = 100
NESTED = ("lineItems", "discountApplications")
MANY_LINES, MANY_CODES, MANY_REFUNDS = 63, 97, 7
TOKENS_LIVE = "shpat_sandbox"


@dataclass
class _Bulk:
    """A bulk operation."""

    number: int
    query: str
    polls_left: int
    status: str = "RUNNING"
    error_code: str | None = None
    has_partial: bool = False
    is_null: bool = False
    is_expired: bool = False


def client_secret(organization_id: str) -> str:
    """The secret of an organization's app in the sandbox; its client id is the organization's."""
    return f"shpss_sandbox_{organization_id}"


def shopify_app(shops: Sequence[Shop]) -> Starlette:
    """The ASGI application: each shop below its organization's id, as it would have a host of its own."""
    accounts = {shop.world.plan.organization_id: _Account(shop) for shop in shops}

    async def token(request: Request) -> Response:
        account = accounts[request.path_params["shop"]]
        body = orjson.loads(await request.body())
        granted = body.get("client_secret") == client_secret(request.path_params["shop"])
        if not granted or body.get("grant_type") != "client_credentials":
            return Response(orjson.dumps({"error": "invalid_client"}), 401, media_type="application/json")
        answer = {"access_token": account.new_token(), "scope": "read_orders,read_customers", "expires_in": 86_399}
        return Response(orjson.dumps(answer), media_type="application/json")

    async def graphql(request: Request) -> Response:
        account = accounts.get(request.path_params["shop"])
        body = await request.body()
        return await run_in_threadpool(_answer, account, request, body)

    def result(request: Request) -> Response:
        account = accounts[request.path_params["shop"]]
        return account.bulk_result(int(request.path_params["number"]))

    return Starlette(
        routes=[
            Route("/{shop}/admin/oauth/access_token", token, methods=["POST"]),
            Route("/{shop}/admin/api/{version}/graphql.json", graphql, methods=["POST"]),
            Route("/{shop}/bulk/{number}.jsonl", result),
        ]
    )


def _answer(account: _Account | None, request: Request, body: bytes) -> Response:
    token = request.headers.get("X-Shopify-Access-Token", "")
    if account is None or not account.accepts(token):
        error = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
        return Response(orjson.dumps(error), 401, media_type="application/json")
    faults = account.shop.faults
    if faults.strikes("unavailable"):
        return Response("Bad Gateway", 502, media_type="text/html")
    asked = orjson.loads(body)
    host = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
    cost = BASE_COST + COST_OF_AN_ORDER * int((asked.get("variables") or {}).get("first") or 0)
    try:
        _throttle(account, cost)
        data = account.execute(asked["query"], asked.get("variables") or {}, host)
    except RequestError as error:
        problem = {"message": error.detail, "extensions": {"code": error.code}}
        return json_answer({"errors": [problem], "extensions": _cost(cost, error.status)}, faults)
    return json_answer({"data": data, "extensions": _cost(cost, BUCKET - cost)}, faults)


def _throttle(account: _Account, cost: int) -> None:
    """Errors that come with status 200; the exception's status says what is left in the bucket."""
    faults = account.shop.faults
    if cost > DEAREST_QUERY or (cost > BASE_COST + COST_OF_AN_ORDER * 4 and faults.strikes("too_costly")):
        raise RequestError(BUCKET, "MAX_COST_EXCEEDED", f"Query cost is {cost}, which exceeds the single query max.")
    if faults.strikes("throttled"):
        raise RequestError(0, "THROTTLED", "Throttled")
    if faults.strikes("internal_error"):
        raise RequestError(BUCKET, "INTERNAL_SERVER_ERROR", "Internal error. Looks like something went wrong.")


def _cost(requested: int, available: int) -> dict[str, Any]:
    status = {"maximumAvailable": BUCKET, "currentlyAvailable": available, "restoreRate": RESTORE_RATE}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": requested, "throttleStatus": status}}


class _Account:
    """One shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._one = shop.world
        self._tokens = 0
        self._bulks: dict[int, _Bulk] = {}

    def new_token(self) -> str:
        """A token that takes the place of the last one."""
        self._tokens += 1
        return f"{TOKENS_LIVE}_{self._one.plan.organization_id}_{self._tokens}"

    def accepts(self, token: str) -> bool:
        """Whether a token is the newest one, and has not expired meanwhile."""
        newest = f"{TOKENS_LIVE}_{self._one.plan.organization_id}_{self._tokens}"
        return self._tokens > 0 and token == newest and not self.shop.faults.strikes("token_expired")

    def execute(self, document: str, variables: dict[str, Any], host: str) -> dict[str, Any]:
        """The data of a query: its one root field, shown as selected."""
        operation = parse(document).definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        data = {}
        for node in operation.selection_set.selections:
            assert isinstance(node, FieldNode)
            arguments = _arguments(node, variables)
            found = getattr(self, f"field_{node.name.value}")(arguments, host)
            data[node.name.value] = _shown(found, node.selection_set, variables)
        return data

    def field_shop(self, _arguments: dict[str, Any], _host: str) -> dict[str, Any]:
        """The shop itself."""
        return {"name": self._one.plan.name, "currencyCode": self._one.plan.currency}

    def field_orders(self, arguments: dict[str, Any], _host: str) -> _Connection:
        """Orders that a search finds, by their update."""
        # the orders of this shop are closed once they are paid, and a search without a status finds open ones
        is_found = "status:any" in arguments["query"]
        found = [one for one in self.shop.snapshots() if is_found and _fits(arguments["query"], one.updated_at)]
        nodes = [self.order(one) for one in found[_start(arguments) : _start(arguments) + arguments["first"]]]
        if self.shop.faults.strikes("unsorted_page"):
            nodes.reverse()
        return _Connection(nodes, _start(arguments), len(found))

    def field_order(self, arguments: dict[str, Any], _host: str) -> dict[str, Any] | None:
        """One order."""
        for one in self.shop.snapshots():
            if _gid("Order", _number(one)) == arguments["id"]:
                return self.order(one)
        return None

    def field_customers(self, arguments: dict[str, Any], _host: str) -> _Connection:
        """Everybody who has ordered."""
        persons = sorted({one.order.person for one in self.shop.snapshots()})
        found = persons if _fits(arguments["query"], START) else []
        shown = found[_start(arguments) : _start(arguments) + arguments["first"]]
        return _Connection([self._customer(person) for person in shown], _start(arguments), len(found))

    def field_subscriptionContracts(self, arguments: dict[str, Any], _host: str) -> _Connection:  # noqa: N802
        """Subscriptions, some of them cancelled meanwhile."""
        contracts = [self._contract(person) for person in self._one.subscribers]
        found = [one for one in contracts if _fits(arguments["query"], datetime.fromisoformat(one["updatedAt"]))]
        return _Connection(
            found[_start(arguments) : _start(arguments) + arguments["first"]], _start(arguments), len(found)
        )

    def field_segment(self, arguments: dict[str, Any], _host: str) -> dict[str, Any] | None:
        """A segment that is a campaign's audience."""
        campaign_id = self._segments().get(arguments["id"])
        return {"id": arguments["id"], "name": campaign_id} if campaign_id else None

    def field_customerSegmentMembers(self, arguments: dict[str, Any], _host: str) -> _Connection:  # noqa: N802
        """Everybody in a segment."""
        persons = self._one.recipients[self._segments()[arguments["segmentId"]]].person.tolist()
        shown = persons[_start(arguments) : _start(arguments) + arguments["first"]]
        return _Connection([self._member(person) for person in shown], _start(arguments), len(persons))

    def field_bulkOperationRunQuery(self, arguments: dict[str, Any], _host: str) -> dict[str, Any]:  # noqa: N802
        """Starts a bulk operation, unless one is running."""
        running = [one for one in self._bulks.values() if one.status == "RUNNING"]
        faults = self.shop.faults
        if not running and faults.strikes("bulk_busy", is_likely=True):
            # somebody else's
            self._bulks[len(self._bulks) + 1] = busy = _Bulk(len(self._bulks) + 1, "", polls_left=1)
            running = [busy]
        if running:
            error = {
                "field": None,
                "message": "A bulk query operation is in progress.",
                "code": "OPERATION_IN_PROGRESS",
            }
            return {"bulkOperation": None, "userErrors": [error]}
        one = _Bulk(len(self._bulks) + 1, arguments["query"], polls_left=2)
        one.has_partial = faults.strikes("bulk_failed", is_likely=True)
        one.error_code = "INTERNAL_SERVER_ERROR" if one.has_partial else None
        one.is_null = not one.has_partial and faults.strikes("bulk_null_url", is_likely=True)
        one.is_expired = not one.has_partial and not one.is_null and faults.strikes("bulk_expired", is_likely=True)
        self._bulks[one.number] = one
        return {"bulkOperation": self._operation(one, ""), "userErrors": []}

    def field_bulkOperation(self, arguments: dict[str, Any], host: str) -> dict[str, Any] | None:  # noqa: N802
        """The state of an operation; each look brings it nearer to its end."""
        one = self._bulks[int(arguments["id"].rpartition("/")[2])]
        one.polls_left -= 1
        if one.polls_left <= 0:
            one.status = "FAILED" if one.error_code else "COMPLETED"
        return self._operation(one, host)

    def field_bulkOperations(self, _arguments: dict[str, Any], host: str) -> _Connection:  # noqa: N802
        """Operations that are running."""
        running = [self._operation(one, host) for one in self._bulks.values() if one.status == "RUNNING"]
        return _Connection(running, 0, len(running))

    def bulk_result(self, number: int) -> Response:
        """The JSON lines of an operation, children after or far from their order."""
        one = self._bulks[number]
        if one.is_expired:
            return Response("expired", 404)
        found = re.search(r'query: "([^"]*)"', one.query)
        orders = [each for each in self.shop.snapshots() if _fits(found[1] if found else "", each.updated_at)]
        if one.has_partial:
            orders = orders[: len(orders) // 2]
        selection = _bulk_selection(one.query)
        children_first = self.shop.faults.marks("bulk_ungrouped", self._one.plan.organization_id, is_likely=True)

        def lines() -> Iterator[bytes]:
            """Orders and their children, in two passes so that no more than one order is in memory."""
            for shows_children in (children_first, not children_first):
                for order in orders:
                    shown = _shown(self.order(order), selection, {})
                    children = [edge["node"] for name in NESTED for edge in shown.pop(name)["edges"]]
                    if not shows_children:
                        yield orjson.dumps(shown) + b"\n"
                        continue
                    for child in children:
                        yield orjson.dumps(child | {"__parentId": shown["id"]}) + b"\n"

        return StreamingResponse(lines(), media_type="application/jsonl")

    def _operation(self, one: _Bulk, host: str) -> dict[str, Any]:
        url = f"{host}/{self._one.plan.organization_id}/bulk/{one.number}.jsonl"
        count = 0 if one.status == "RUNNING" else len(self.shop.snapshots())
        return {
            "id": _gid("BulkOperation", one.number),
            "status": one.status,
            "errorCode": one.error_code if one.status == "FAILED" else None,
            "objectCount": str(count),
            "url": url if one.status == "COMPLETED" and not one.is_null and count else None,
            "partialDataUrl": url if one.status == "FAILED" and one.has_partial else None,
        }

    def _segments(self) -> dict[str, str]:
        plan = self._one.plan
        return {
            _gid("Segment", audience_id(campaign, plan.provider)): campaign.campaign_id
            for campaign in plan.campaigns
            if campaign.audience == "segment"
        }

    def order(self, one: Snapshot) -> dict[str, Any]:
        """An order with all fields that may be asked for."""
        order, marks = one.order, self.shop.faults.marks
        number, currency = _number(one), order.currency
        is_bare = marks("no_customer", order.order_id)
        address = None if marks("no_address", order.order_id) else self._address(order.person, order.address)
        lines = MANY_LINES if marks("many_lines", order.order_id) else 1 + number % 3
        codes = [*order.codes]
        if marks("many_codes", order.order_id):
            codes += [f"EXTRA{index}" for index in range(MANY_CODES)]
        refunded = order.refunded if one.is_refunded else 0
        goods = order.total - order.shipping - order.tax
        # what came back is goods, as long as there are any
        kept = max(1 - refunded / max(goods + order.tax, 1), 0)
        refunds = MANY_REFUNDS if marks("many_refunds", order.order_id) else 1
        status = "REFUNDED" if refunded >= order.total else "PARTIALLY_REFUNDED" if refunded else "PAID"
        return {
            "id": _gid("Order", number),
            "legacyResourceId": str(number),
            "name": f"#{number}",
            "email": None if is_bare else order.email,
            "phone": None,
            "test": order.is_test,
            "sourceName": "web",
            "createdAt": _time(order.ordered_at),
            "processedAt": _time(order.ordered_at),
            "updatedAt": _time(one.updated_at),
            "cancelledAt": _time(order.cancelled_at) if one.is_cancelled and order.cancelled_at else None,
            "cancelReason": "CUSTOMER" if one.is_cancelled else None,
            "displayFinancialStatus": status,
            "displayFulfillmentStatus": "FULFILLED" if one.fulfilled_at else "UNFULFILLED",
            "currencyCode": currency,
            "presentmentCurrencyCode": currency,
            "taxesIncluded": False,
            "discountCodes": codes,
            "tags": [],
            "customer": None if is_bare else self._customer(order.person, order.email),
            "shippingAddress": address,
            "billingAddress": address,
            "subtotalPriceSet": _money(goods, currency),
            "totalPriceSet": _money(order.total, currency),
            "currentTotalPriceSet": _money(order.total - refunded, currency),
            "currentSubtotalPriceSet": _money(round(goods * kept), currency),
            "currentShippingPriceSet": _money(order.shipping, currency),
            "currentTotalTaxSet": _money(round(order.tax * kept), currency),
            "totalTipReceivedSet": _money(0, currency),
            "originalTotalDutiesSet": None,
            "originalTotalAdditionalFeesSet": None,
            "dutiesIncluded": False,
            "shippingLine": {"discountedPriceSet": _money(order.shipping, currency), "taxLines": []},
            "totalDiscountsSet": _money(order.discount, currency),
            "totalShippingPriceSet": _money(order.shipping, currency),
            "totalTaxSet": _money(order.tax, currency),
            "totalRefundedSet": _money(refunded, currency),
            "netPaymentSet": _money(order.total - refunded, currency),
            "lineItems": [_line(number, index, currency) for index in range(lines)],
            "discountApplications": [_code(index, code) for index, code in enumerate(codes)],
            "refunds": [
                {
                    "id": _gid("Refund", number * 100 + index),
                    "createdAt": _time(order.refunded_at),
                    "processedAt": _time(order.refunded_at),
                    "totalRefundedSet": _money(refunded if index == 0 else 0, currency),
                }
                for index in range(refunds)
            ]
            if refunded and order.refunded_at
            else [],
            "transactions": [
                {
                    "id": _gid("OrderTransaction", number),
                    "kind": "SALE",
                    "status": "SUCCESS",
                    "processedAt": _time(order.ordered_at),
                }
            ],
            "fulfillments": [
                {"id": _gid("Fulfillment", number), "status": "SUCCESS", "createdAt": _time(one.fulfilled_at)}
            ]
            if one.fulfilled_at
            else [],
        }

    def _customer(self, person: int, email: str | None = None) -> dict[str, Any]:
        people = self._one.people
        address = people.addresses[people.household[person]].written(0)
        return {
            "id": _gid("Customer", customer_number(person)),
            "legacyResourceId": str(customer_number(person)),
            "firstName": people.first_name[person],
            "lastName": people.last_name[person],
            "createdAt": _time(START),
            "updatedAt": _time(START),
            "tags": [],
            "defaultEmailAddress": {"emailAddress": email or people.email(person), "marketingState": "SUBSCRIBED"},
            "defaultPhoneNumber": None,
            "defaultAddress": self._address(person, address),
        }

    def _member(self, person: int) -> dict[str, Any]:
        """A member of a segment, as the mail file knows him or her."""
        people = self._one.people
        known = self._customer(person)
        return known | {
            "id": _gid("CustomerSegmentMember", customer_number(person)),
            "defaultEmailAddress": known["defaultEmailAddress"] if people.has_email[person] else None,
            "defaultAddress": known["defaultAddress"] if people.has_address[person] else None,
        }

    def _contract(self, person: int) -> dict[str, Any]:
        is_cancelled = person % 3 == 0
        return {
            "id": _gid("SubscriptionContract", person),
            "status": "CANCELLED" if is_cancelled else "ACTIVE",
            "createdAt": _time(START),
            "updatedAt": _time(START + timedelta(days=120) if is_cancelled else START),
            "nextBillingDate": None,
            "customer": self._customer(person),
        }

    def _address(self, person: int, address: dict[str, str]) -> dict[str, Any]:
        people = self._one.people
        first, last = people.first_name[person], people.last_name[person]
        return {
            "name": f"{first} {last}",
            "firstName": first,
            "lastName": last,
            "company": None,
            "address1": address["address1"],
            "address2": address["address2"] or None,
            "city": address["city"],
            "province": None,
            "provinceCode": address["region"] or None,
            "zip": address["postal_code"],
            "country": "United States" if address["country"] == "US" else "United Kingdom",
            "countryCodeV2": address["country"],
            "phone": None,
        }


@dataclass(frozen=True)
class _Connection:
    """A page of a connection: its nodes, where they begin, and how many there are in all."""

    nodes: list[dict[str, Any]]
    start: int
    total: int


def _shown(value: Any, selection: SelectionSetNode | None, variables: dict[str, Any]) -> Any:
    """An object as a selection asks for it."""
    if selection is None or value is None:
        return value
    if isinstance(value, list):
        return [_shown(one, selection, variables) for one in value]
    if isinstance(value, _Connection):
        value = _connection(value)
    shown: dict[str, Any] = {}
    for node in selection.selections:
        if isinstance(node, InlineFragmentNode):
            shown |= _shown(value, node.selection_set, variables)
            continue
        assert isinstance(node, FieldNode)
        name = node.name.value
        found, arguments = value[name], _arguments(node, variables)
        if name in NESTED:
            start = _start(arguments)
            most = arguments.get("first") or (BULK_CODES if name == "discountApplications" else len(found))
            found = _Connection(found[start : start + most], start, len(found))
        elif isinstance(found, list) and "first" in arguments:
            found = found[: arguments["first"]]
        shown[name] = _shown(found, node.selection_set, variables)
    return shown


def _connection(one: _Connection) -> dict[str, Any]:
    end = one.start + len(one.nodes)
    info = {"hasNextPage": end < one.total, "endCursor": f"cursor-{end}" if one.nodes else None}
    return {
        "pageInfo": info,
        "nodes": one.nodes,
        "edges": [{"node": node} for node in one.nodes],
        "totalCount": one.total,
    }


def _arguments(node: FieldNode, variables: dict[str, Any]) -> dict[str, Any]:
    return {one.name.value: value_from_ast_untyped(one.value, variables) for one in node.arguments or ()}


def _bulk_selection(document: str) -> SelectionSetNode:
    """What a bulk query asks of each order."""
    operation = parse(document).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    selection = operation.selection_set
    for _ in ("orders", "edges", "node"):
        node = selection.selections[0]
        assert isinstance(node, FieldNode)
        assert node.selection_set is not None
        selection = node.selection_set
    return selection


def _start(arguments: dict[str, Any]) -> int:
    return int((arguments.get("after") or "cursor-0").removeprefix("cursor-"))


def _fits(search: str, instant: datetime) -> bool:
    """Whether a search finds an object by its update. A time that is not in quotes loses its hours."""
    for operator, quote, text in re.findall(r"updated_at:(>=|<)('?)([0-9TZ:-]+)'?", search):
        bound = datetime.fromisoformat(text if quote else text[:10]).replace(tzinfo=UTC)
        if (operator == ">=" and instant < bound) or (operator == "<" and instant >= bound):
            return False
    return True


def _line(number: int, index: int, currency: str) -> dict[str, Any]:
    return {
        "id": _gid("LineItem", number * 1000 + index),
        "sku": f"SKU-{index}",
        "title": "Assorted goods",
        "variantTitle": None,
        "quantity": 1,
        "currentQuantity": 1,
        "isGiftCard": False,
        "product": {"id": _gid("Product", 501 + index)},
        "variant": None,
        "originalUnitPriceSet": _money(1000, currency),
        "discountedTotalSet": _money(1000, currency),
    }


def _code(index: int, code: str) -> dict[str, Any]:
    return {"__typename": "DiscountCodeApplication", "index": index, "targetType": "LINE_ITEM", "code": code}


def _money(cents: int, currency: str) -> dict[str, Any]:
    money = {"amount": f"{cents / 100:.2f}", "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def _number(one: Snapshot) -> int:
    return 5_000_000_000_000 + int(one.order.order_id[2:])


def _gid(kind: str, number: Any) -> str:
    return f"gid://shopify/{kind}/{number}"


def _time(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
