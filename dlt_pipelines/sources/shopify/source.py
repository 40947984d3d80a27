"""What is read from Shopify, as rows of `raw_shopify`. Facts: the Admin API's schema of version 2026-04."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyarrow as pa

from dlt_pipelines.errors import ConfigurationError, ProviderError
from dlt_pipelines.http import (
    LONGEST_WAIT_SECONDS,
    ClientCredentials,
    Credentials,
    ProviderClient,
    StaticHeaders,
    TransientError,
    json_list,
    json_object,
    quoted,
    refuse_repeated,
    token_of,
)
from dlt_pipelines.json_text import canonical
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.reading import (
    Record,
    Slice,
    SliceKind,
    Stream,
    field_of,
    instant_of,
    object_id_of,
    text_of,
)
from dlt_pipelines.sources.shopify import bulk, queries
from dlt_pipelines.sources.shopify.settings import ShopifySettings, read_settings
from dlt_pipelines.wording import foreign, shown

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
        self._ready_at = time.monotonic() + min(_seconds_short(body), LONGEST_WAIT_SECONDS)


def client(organization_id: str, settings: ShopifySettings) -> ProviderClient:
    """A client for the organization's shop; see `Source`."""
    credentials: Credentials = (
        StaticHeaders({TOKEN_HEADER: settings.access_token})
        if settings.access_token
        else ClientCredentials(partial(_token, organization_id, settings), lambda token: {TOKEN_HEADER: token})
    )
    who = f"shopify of organization {organization_id}"
    return ProviderClient(
        "shopify",
        organization_id,
        settings.base_url,
        credentials,
        CostBucket(),
        check=partial(_check, who),
        timeout_seconds=settings.contract.timeout_seconds,
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
            can_return=True,
        )


def probe(organization_id: str) -> str:
    """Asks for the shop's name, and for one order; see `Source`."""
    settings = read_settings(organization_id)
    with client(organization_id, settings) as api:
        shop = _Shop(api, settings, Path())
        found = field_of(shop.query(queries.SHOP, {}), "shop", "name")
        shop.query(queries.ORDERS, {"first": 1, "search": "status:any"})
    return (
        f"shopify answers at {settings.base_url}, version {settings.api_version}: {shown(str(found))}. Without the "
        "scope read_all_orders Shopify shows the last 60 days only"
    )


def _token(organization_id: str, settings: ShopifySettings) -> str:
    """A token by the client-credentials grant, which lives for a day."""
    with ProviderClient(
        "shopify",
        organization_id,
        settings.base_url,
        StaticHeaders({}),
        timeout_seconds=settings.contract.timeout_seconds,
    ) as authority:
        grant = {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "grant_type": "client_credentials",
        }
        answer = authority.post("/admin/oauth/access_token", orjson.dumps(grant))
        return token_of(authority, answer)


def _check(who: str, answer: httpx.Response, body: Any) -> None:
    """Shopify answers 200 for errors of a query, throttling included."""
    errors = field_of(body, "errors")
    if not answer.is_success or not isinstance(errors, list):
        return
    found = [field_of(error, "extensions", "code") for error in errors]
    codes = list(dict.fromkeys(code for code in found if isinstance(code, str)))
    if "THROTTLED" in codes:
        raise TransientError("throttled us", _seconds_short(body), is_throttling=True)
    if "INTERNAL_SERVER_ERROR" in codes:
        raise TransientError("reported an error of its own", status=500)
    messages = foreign("; ".join(str(field_of(error, "message")) for error in errors)).rstrip(".")
    code = TOO_COSTLY if TOO_COSTLY in codes else next(iter(codes), None)
    advice = " Give the app the scope it needs (read_orders, read_customers)." if "ACCESS_DENIED" in codes else ""
    raise ProviderError(f"{who}: the query was refused: {messages}.{advice}", answer.status_code, code)


def _seconds_short(body: Any) -> float:
    """How long until the bucket holds what the query costs; nothing where the answer does not say."""
    cost = field_of(body, "extensions", "cost")
    bucket = field_of(cost, "throttleStatus")
    asked, there, rate = (
        _points(one)
        for one in (
            field_of(cost, "requestedQueryCost"),
            field_of(bucket, "currentlyAvailable"),
            field_of(bucket, "restoreRate"),
        )
    )
    return max(asked - there, 0.0) / max(rate, 1.0) if bucket else 0.0


def _points(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


class _Shop:
    """Reads one shop."""

    def __init__(self, api: ProviderClient, settings: ShopifySettings, folder: Path) -> None:
        self._api, self._settings, self._folder = api, settings, folder
        self._path = f"/admin/api/{quoted(settings.api_version)}/graphql.json"
        self._page_size = settings.page_size

    def query(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data that a query answers."""
        body = self._api.post(self._path, orjson.dumps({"query": document, "variables": variables}))
        return json_object(self._api, json_object(self._api, body).get("data"))

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
            yield [_record(node, field_of(node, "id")) for node in nodes]

    def segment_members(self, audience_id: str, _part: Slice) -> Iterator[list[Record]]:
        """Everybody in a segment now. Who was a member once stays one here; see `int_audience_members`."""
        segment = audience_id if audience_id.startswith("gid://") else f"gid://shopify/Segment/{audience_id}"
        if self.query(queries.SEGMENT, {"id": segment}).get("segment") is None:
            raise ConfigurationError(
                f"{self._api.who}: a campaign names the audience {shown(audience_id)!r}, which is no segment of the "
                "shop. Correct audience_id in the campaigns file."
            )
        for nodes in self._pages(queries.SEGMENT_MEMBERS, "customerSegmentMembers", {"segment": segment}):
            yield [_member_record(node, audience_id) for node in nodes]

    def _paged_orders(self, part: Slice) -> Iterator[list[Record]]:
        for nodes in self._pages(queries.ORDERS, "orders", {"search": _search(part)}):
            yield [self._order_record(node) for node in nodes]

    def _bulk_orders(self, part: Slice) -> Iterator[list[Record]]:
        """Orders by a bulk operation. While it is waited for, empty pages come, so that others have their turn."""
        operation = yield from self._run_bulk(queries.BULK_ORDERS % _search(part))
        is_complete = operation.get("status") == "COMPLETED"
        url = operation.get("url") if is_complete else operation.get("partialDataUrl")
        # an empty result has no address; neither has one that Shopify lost
        is_complete = is_complete and (url is not None or str(operation.get("objectCount") or 0) == "0")
        if isinstance(url, str):
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="bulk-") as folder:
                target = Path(folder) / "result.jsonl"
                bulk.download(self._api, url, self._settings.base_url, target, self._settings.max_bulk_mb)
                for orders in bulk.orders(target):
                    yield [self._order_record(order) for order in orders]
        if not is_complete:
            raise bulk.BulkError(f"{self._api.who}: the bulk operation ended without a complete result")

    def _run_bulk(self, document: str) -> Generator[list[Record], None, dict[str, Any]]:
        """Runs an operation to its end, after any that is running."""
        patience = self._api.time_left() * bulk.SHARE_OF_TIME
        for _ in range(bulk.ATTEMPTS):
            answer = field_of(self.query(queries.BULK_RUN, {"query": document}), "bulkOperationRunQuery")
            refused = field_of(answer, "userErrors")
            if not refused:
                return (
                    yield from bulk.wait_until_ended(
                        field_of(answer, "bulkOperation"), self._api, patience, self._bulk_status
                    )
                )
            codes = [field_of(error, "code") for error in refused] if isinstance(refused, list) else []
            if "OPERATION_IN_PROGRESS" not in codes and "LIMIT_REACHED" not in codes:
                break
            # one operation a shop at a time: an earlier one, perhaps of a load that was cut off
            running = field_of(self.query(queries.BULK_RUNNING, {}), "bulkOperations", "nodes")
            for operation in running if isinstance(running, list) else []:
                yield from bulk.wait_until_ended(operation, self._api, patience, self._bulk_status)
        raise bulk.BulkError(f"{self._api.who}: no bulk operation could be started")

    def _bulk_status(self, operation_id: str) -> Any:
        return self.query(queries.BULK_STATUS, {"id": operation_id}).get("bulkOperation")

    def _pages(self, document: str, name: str, variables: dict[str, Any]) -> Iterator[list[Any]]:
        """Nodes of a connection, page by page."""
        followed: set[str] = set()

        def following(page: dict[str, Any]) -> Callable[[], dict[str, Any]] | None:
            info = json_object(self._api, page.get("pageInfo"))
            if info.get("hasNextPage") is False:
                return None
            refuse_repeated(self._api, info.get("endCursor"), followed)
            return lambda: self._page(document, name, variables | {"after": info["endCursor"]})

        for page in self._api.walk(lambda: self._page(document, name, variables), following):
            if "nodes" in page:
                yield json_list(self._api, page, "nodes")
            else:
                yield [field_of(edge, "node") for edge in json_list(self._api, page, "edges")]

    def _page(self, document: str, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        """A page of a connection, smaller where Shopify cannot bear a large one."""
        while True:
            try:
                return json_object(self._api, self.query(document, variables | {"first": self._page_size}).get(name))
            except ProviderError as error:
                is_too_heavy = error.code == TOO_COSTLY or (error.status or 0) >= 500
                if not is_too_heavy or self._page_size == 1:
                    raise
                self._page_size //= 2

    def _order_record(self, order: Any) -> Record:
        """An order with all that it has, and without what only tells how it was paged."""
        order_id = text_of(field_of(order, "id"))
        if isinstance(order, dict) and order_id:
            self._drain(order, order_id, "lineItems", queries.ORDER_LINES)
            self._drain(order, order_id, "discountApplications", queries.ORDER_CODES)
            lists = [order.get(name) for name in ("refunds", "transactions", "fulfillments")]
            if any(isinstance(one, list) and len(one) >= queries.FIRST_OF_LISTS for one in lists):
                found = self._asked(queries.ORDER_LISTS, {"id": order_id})
                order |= found if isinstance(found, dict) else {}
        return _record(order, field_of(order, "legacyResourceId"))

    def _drain(self, order: dict[str, Any], order_id: str, name: str, document: str) -> None:
        """Reads a nested connection to its end; one that cannot be read to its end stays as it was served."""
        nodes, info = field_of(order.get(name), "nodes"), field_of(order.get(name), "pageInfo")
        if not isinstance(nodes, list):
            return
        if info is None and name == "discountApplications" and len(nodes) >= BULK_CODES:
            nodes, info = [], {"hasNextPage": True, "endCursor": None}
        followed: set[str] = set()
        while info is not None and field_of(info, "hasNextPage") is not False:
            cursor = field_of(info, "endCursor")
            if isinstance(cursor, str):
                refuse_repeated(self._api, cursor, followed)
            elif followed or cursor is not None or field_of(info, "hasNextPage") is not True:
                return
            connection = field_of(self._asked(document, {"id": order_id, "after": cursor}), name)
            if connection is None:
                return
            nodes += json_list(self._api, json_object(self._api, connection), "nodes")
            info = json_object(self._api, connection.get("pageInfo"))
        order[name] = {"nodes": nodes}

    def _asked(self, document: str, variables: dict[str, Any]) -> Any:
        """The order that a query is about; None where it was deleted meanwhile, or Shopify refuses its id."""
        try:
            return self.query(document, variables).get("order")
        except ProviderError as error:
            if error.status != 200 or error.code in (TOO_COSTLY, "ACCESS_DENIED"):
                raise
            return None


def _record(node: Any, object_id: Any) -> Record:
    payload = canonical(node)
    return Record(object_id_of(object_id, payload), payload, instant_of(field_of(node, "updatedAt")))


def _member_record(node: Any, audience_id: str) -> Record:
    payload = canonical(node)
    # the member's id is that of the customer, as another kind of object
    customer_id = object_id_of(field_of(node, "id"), payload)
    profile_id = customer_id.rpartition("/")[2] or customer_id
    return Record(canonical([audience_id, profile_id]).decode(), payload, None, (audience_id, profile_id))


def _search(part: Slice) -> str:
    """The search of a slice. Without quotes Shopify leaves the time out and reads the day in the shop's zone."""
    lower, upper = (bound.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for bound in (part.lower, part.upper))
    return f"status:any AND updated_at:>='{lower}' AND updated_at:<'{upper}'"
