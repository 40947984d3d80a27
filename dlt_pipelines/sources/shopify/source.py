"""What is read from Shopify, as rows of `raw_shopify`. Facts: the Admin API's schema of version 2026-04."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyarrow as pa

from dlt_pipelines.errors import ConfigurationError, ProviderError
from dlt_pipelines.http import (
    ClientCredentials,
    Credentials,
    ProviderClient,
    StaticHeaders,
    TransientError,
    json_object,
    refuse_repeated,
)
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.reading import Record, Slice, SliceKind, Stream, utc_instant
from dlt_pipelines.sources.shopify import bulk, queries
from dlt_pipelines.sources.shopify.settings import ShopifySettings, read_settings

MEMBER_COLUMNS = {name: pa.string() for name in ("audience_id", "profile_id")}
TOKEN_HEADER = "X-Shopify-Access-Token"  # noqa: S105 - the header's name
# a bulk operation cuts nested connections of codes off at about this many
BULK_CODES = 100
TOO_COSTLY = "MAX_COST_EXCEEDED"


class CostBucket:
    """Shopify's leaky bucket of query points, as each answer describes it."""

    def __init__(self) -> None:
        self._ready_at = 0.0

    def delay(self) -> float:
        """See `Pace`."""
        return max(self._ready_at - time.monotonic(), 0.0)

    def learn(self, _answer: httpx.Response, body: Any) -> None:
        """See `Pace`: the next query is taken to cost what this one did."""
        self._ready_at = time.monotonic() + _seconds_short(body)


def client(organization_id: str, settings: ShopifySettings) -> ProviderClient:
    """A client for the organization's shop; see `Source`."""
    credentials: Credentials = (
        StaticHeaders({TOKEN_HEADER: settings.access_token})
        if settings.access_token
        else ClientCredentials(partial(_token, organization_id, settings), lambda token: {TOKEN_HEADER: token})
    )
    who = f"shopify of organization {organization_id}"
    return ProviderClient(
        "shopify", organization_id, settings.base_url, credentials, CostBucket(), check=partial(_check, who)
    )


def streams(
    organization: Organization, settings: ShopifySettings, api: ProviderClient, audience_ids: list[str], folder: Path
) -> Iterator[Stream]:
    """Orders and customers, where Shopify is the organization's provider, and segment members; see `Source`."""
    shop = _Shop(api, settings, folder)
    if organization.provider == "shopify" and organization.takes_orders:
        yield Stream("orders", "orders", shop.orders)
        yield Stream("customers", "customers", partial(shop.objects, queries.CUSTOMERS, "customers"))
        if settings.read_subscriptions:
            read = partial(shop.objects, queries.SUBSCRIPTIONS, "subscriptionContracts")
            yield Stream("subscription_contracts", "subscription_contracts", read)
    for audience_id in audience_ids:
        yield Stream(
            "segment_members",
            f"audience {audience_id}",
            partial(shop.segment_members, audience_id),
            extra_columns=MEMBER_COLUMNS,
            # members have no time of joining
            only_full=True,
        )


def probe(organization_id: str) -> str:
    """Asks for the shop's name, and for one order; see `Source`."""
    settings = read_settings(organization_id)
    with client(organization_id, settings) as api:
        shop = _Shop(api, settings, Path())
        found = shop.query(queries.SHOP, {})["shop"]
        shop.query(queries.ORDERS, {"first": 1, "search": "status:any"})
    return (
        f"shopify answers at {settings.base_url}, version {settings.api_version}: {found['name']}. Without the scope "
        "read_all_orders Shopify shows the last 60 days only"
    )


def _token(organization_id: str, settings: ShopifySettings) -> str:
    """A token by the client-credentials grant, which lives for a day."""
    with ProviderClient("shopify", organization_id, settings.base_url, StaticHeaders({})) as authority:
        grant = {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "grant_type": "client_credentials",
        }
        answer = authority.post("/admin/oauth/access_token", orjson.dumps(grant))
        return str(json_object(authority, answer)["access_token"])


def _check(who: str, answer: httpx.Response, body: Any) -> None:
    """Shopify answers 200 for errors of a query, throttling included."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not answer.is_success or not isinstance(errors, list):
        return
    codes = {(error.get("extensions") or {}).get("code") for error in errors}
    if "THROTTLED" in codes:
        raise TransientError("throttled us", _seconds_short(body), is_throttling=True)
    if "INTERNAL_SERVER_ERROR" in codes:
        raise TransientError("reported an error of its own", status=500)
    messages = "; ".join(str(error.get("message")) for error in errors)
    code = TOO_COSTLY if TOO_COSTLY in codes else next((str(one) for one in codes if one), None)
    advice = " Give the app the scope it needs (read_orders, read_customers)." if "ACCESS_DENIED" in codes else ""
    raise ProviderError(f"{who}: the query was refused: {messages}.{advice}", answer.status_code, code)


def _seconds_short(body: Any) -> float:
    """How long until the bucket holds what the query costs."""
    cost = (body.get("extensions") or {}).get("cost") if isinstance(body, dict) else None
    if not cost or not cost.get("throttleStatus"):
        return 0.0
    bucket = cost["throttleStatus"]
    short = (cost.get("requestedQueryCost") or 0) - bucket["currentlyAvailable"]
    return float(max(short, 0) / max(bucket["restoreRate"], 1))


class _Shop:
    """Reads one shop."""

    def __init__(self, api: ProviderClient, settings: ShopifySettings, folder: Path) -> None:
        self._api, self._settings, self._folder = api, settings, folder
        self._path = f"/admin/api/{settings.api_version}/graphql.json"
        self._page_size = settings.page_size

    def query(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data that a query answers."""
        body = self._api.post(self._path, orjson.dumps({"query": document, "variables": variables}))
        data: dict[str, Any] = json_object(self._api, body)["data"]
        return data

    def orders(self, part: Slice) -> Iterator[list[Record]]:
        """Orders updated in a slice: the first time by a bulk operation, then by pages."""
        if part.kind is SliceKind.FIRST and self._settings.bulk_backfill:
            try:
                yield from self._bulk_orders(part)
            except bulk.BulkError:
                # what it gave stays; versions that come again are not landed twice
                yield from self._paged_orders(part)
            return
        yield from self._paged_orders(part)

    def objects(self, document: str, connection: str, part: Slice) -> Iterator[list[Record]]:
        """Customers or subscriptions updated in a slice."""
        # described as matching whole days, so the day is asked for and the slice is cut here
        search = f"updated_at:>='{part.lower:%Y-%m-%d}T00:00:00Z'"
        for nodes in self._pages(document, connection, {"search": search}):
            yield [_record(node["id"], node, utc_instant(node["updatedAt"])) for node in nodes]

    def segment_members(self, audience_id: str, _part: Slice) -> Iterator[list[Record]]:
        """Everybody in a segment now. Who was a member once stays one here; see `int_audience_members`."""
        segment = audience_id if audience_id.startswith("gid://") else f"gid://shopify/Segment/{audience_id}"
        if self.query(queries.SEGMENT, {"id": segment})["segment"] is None:
            raise ConfigurationError(
                f"{self._api.who}: a campaign names the audience {audience_id!r}, which is no segment of the shop. "
                "Correct audience_id in the campaigns file."
            )
        for nodes in self._pages(queries.SEGMENT_MEMBERS, "customerSegmentMembers", {"segment": segment}):
            for node in nodes:
                # the member's id is that of the customer, as another kind of object
                profile_id = node["id"].rpartition("/")[2]
                object_id = orjson.dumps([audience_id, profile_id]).decode()
                yield [_record(object_id, node, None, (audience_id, profile_id))]

    def _paged_orders(self, part: Slice) -> Iterator[list[Record]]:
        for nodes in self._pages(queries.ORDERS, "orders", {"search": _search(part)}):
            yield [self._order_record(node) for node in nodes]

    def _bulk_orders(self, part: Slice) -> Iterator[list[Record]]:
        operation = self._run_bulk(queries.BULK_ORDERS % _search(part))
        is_complete = operation["status"] == "COMPLETED"
        url = operation.get("url") if is_complete else operation.get("partialDataUrl")
        # an empty result has no address; neither has one that Shopify lost
        is_complete = is_complete and (url is not None or int(operation.get("objectCount") or 0) == 0)
        if url:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="bulk-") as folder:
                target = Path(folder) / "result.jsonl"
                bulk.download(self._api, url, target)
                for orders in bulk.orders(target):
                    yield [self._order_record(order) for order in orders]
        if not is_complete:
            raise bulk.BulkError(f"{self._api.who}: the bulk operation ended as {operation['status']}")

    def _run_bulk(self, document: str) -> dict[str, Any]:
        """Runs an operation to its end, after any that is running."""
        for _ in range(bulk.ATTEMPTS):
            answer = self.query(queries.BULK_RUN, {"query": document})["bulkOperationRunQuery"]
            codes = [error.get("code") for error in answer["userErrors"]]
            if not codes:
                return bulk.wait_until_ended(answer["bulkOperation"], self._bulk_status)
            if "OPERATION_IN_PROGRESS" not in codes and "LIMIT_REACHED" not in codes:
                break
            # one operation a shop at a time: an earlier one, perhaps of a load that was cut off
            for running in self.query(queries.BULK_RUNNING, {})["bulkOperations"]["nodes"]:
                bulk.wait_until_ended(running, self._bulk_status)
        raise bulk.BulkError(f"{self._api.who}: no bulk operation could be started")

    def _bulk_status(self, operation_id: str) -> dict[str, Any]:
        operation: dict[str, Any] = self.query(queries.BULK_STATUS, {"id": operation_id})["bulkOperation"]
        return operation

    def _pages(self, document: str, name: str, variables: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """Nodes of a connection, page by page."""
        followed: set[str] = set()

        def following(page: dict[str, Any]) -> Callable[[], dict[str, Any]] | None:
            info = page["pageInfo"]
            if not info["hasNextPage"]:
                return None
            refuse_repeated(self._api, info["endCursor"], followed)
            return lambda: self._page(document, name, variables | {"after": info["endCursor"]})

        for page in self._api.walk(lambda: self._page(document, name, variables), following):
            yield page["nodes"] if "nodes" in page else [edge["node"] for edge in page["edges"]]

    def _page(self, document: str, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        """A page of a connection, smaller where Shopify cannot bear a large one."""
        while True:
            try:
                page: dict[str, Any] = self.query(document, variables | {"first": self._page_size})[name]
                return page
            except ProviderError as error:
                is_too_heavy = error.code == TOO_COSTLY or (error.status or 0) >= 500
                if not is_too_heavy or self._page_size == 1:
                    raise
                self._page_size //= 2

    def _order_record(self, order: dict[str, Any]) -> Record:
        """An order with all that it has, and without what only tells how it was paged."""
        self._drain(order, "lineItems", queries.ORDER_LINES)
        self._drain(order, "discountApplications", queries.ORDER_CODES)
        lists = ("refunds", "transactions", "fulfillments")
        if any(len(order[name]) >= queries.FIRST_OF_LISTS for name in lists):
            order |= self.query(queries.ORDER_LISTS, {"id": order["id"]})["order"] or {}
        return _record(str(order["legacyResourceId"]), order, utc_instant(order["updatedAt"]))

    def _drain(self, order: dict[str, Any], name: str, document: str) -> None:
        """Reads a nested connection to its end."""
        connection = order[name]
        nodes, info = connection["nodes"], connection.get("pageInfo")
        if info is None and name == "discountApplications" and len(nodes) >= BULK_CODES:
            nodes, info = [], {"hasNextPage": True, "endCursor": None}
        followed: set[str] = set()
        while info and info["hasNextPage"]:
            if info["endCursor"]:
                refuse_repeated(self._api, info["endCursor"], followed)
            found = self.query(document, {"id": order["id"], "after": info["endCursor"]})["order"]
            if found is None:
                # deleted between the page and now
                break
            nodes += found[name]["nodes"]
            info = found[name]["pageInfo"]
        order[name] = {"nodes": nodes}


def _record(object_id: str, node: dict[str, Any], instant: datetime | None, extra: tuple[Any, ...] = ()) -> Record:
    return Record(object_id, orjson.dumps(node, option=orjson.OPT_SORT_KEYS), instant, extra)


def _search(part: Slice) -> str:
    """The search of a slice. Without quotes Shopify leaves the time out and reads the day in the shop's zone."""
    lower, upper = (bound.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for bound in (part.lower, part.upper))
    return f"status:any AND updated_at:>='{lower}' AND updated_at:<'{upper}'"
