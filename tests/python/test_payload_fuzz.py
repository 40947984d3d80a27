"""Payloads of all providers in one build: odd ones stop nothing but themselves, and one order is worth the same in all.

What the stand-ins serve is loaded once. Then each brand has the same few orders, one of whose payloads has one odd
value at one path: every path of every payload, times every odd value; `make test` takes a sample of them, `make
test-long` five thousand. Beside them five brands have the same random carts, each from another provider
(tests/python/carts.py), 200 or 2,000 of them.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.load import load
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.files import write_configuration
from dlt_pipelines.sandbox.world import HERON, JUNIPER, MARLOW, TAMARIND, build_world
from tests.python import carts
from tests.python.conftest import load_files

SAMPLE, ALL = 160, 5_000
CARTS, ALL_CARTS = 200, 2_000
MARK = "Zanzibar7Odd"
ABSENT = object()
ODD_VALUES: dict[str, Any] = {
    "absent": ABSENT,
    "null": None,
    "text": MARK,
    "empty text": "",
    "number": 7,
    "huge number": 10**30,
    "negative": -7.5,
    "true": True,
    "list": [MARK],
    "object": {MARK: MARK},
    "100 kB": MARK * 8_400,
    "half a character": f"{MARK}\ud83d",
    "NUL": f"{MARK}\0",
}
# these may be what the field is meant to say: then the order is another one, rightly
READABLE = ("absent", "null", "empty text", "number", "negative")
ORDERS_A_BRAND = 3
# of each provider: the brand to copy, and the raw tables with the SQL that gives a row's order
BRANDS = {
    "klaviyo": ("juniper", {"order_events": "payload ->> '$.attributes.event_properties.\"$extra\".id'"}),
    "ometria": ("heron", {"orders": "object_id"}),
    "shopify": ("marlow", {"orders": "object_id"}),
    "commercetools": ("tamarind", {"orders": "object_id", "payments": "payload ->> '$.id'"}),
}
AMOUNTS = ("net", "merchandise", "tax", "shipping")
FACTS = "total_amount, currency, net_amount, ordered_at"

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Odd:
    """One brand with one odd payload.

    Attributes:
        organization_id: The brand.
        provider: Of its orders.
        table: Raw table in which the payload is.
        column: `payload`, or `profile` of Klaviyo's events.
        path: Where the value is.
        kind: Which odd value.
    """

    organization_id: str
    provider: str
    table: str
    column: str
    path: Path_
    kind: str


@pytest.fixture(scope="module")
def landed(new_place: Callable[[str], Workspace]) -> Workspace:
    """A workspace into which the stand-ins' orders were loaded."""
    place = new_place("landed")
    world = build_world(11, 0.004, [JUNIPER, HERON, MARLOW, TAMARIND])
    with server.running(world) as url, pytest.MonkeyPatch.context() as patch:
        for variable, value in server.settings(world, url).items():
            patch.setenv(variable, value)
        write_configuration(place.config, world)
        assert load(place).errors == []
    return place


def paths(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Every place in a JSON value, of a list only the first element."""
    if path:
        yield path
    items: Any = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def with_value(value: Any, path: Path_, odd: Any) -> Any:
    """A copy of a JSON value with another one at a path."""
    if not path:
        return odd
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    if odd is ABSENT and len(path) == 1:
        del copied[path[0]]
    else:
        copied[path[0]] = with_value(value[path[0]], path[1:], odd)
    return copied


def chosen_orders(connection: duckdb.DuckDBPyConnection, provider: str) -> list[str]:
    """A few orders of the brand that is copied: those with most to say come first."""
    name, tables = BRANDS[provider]
    table, order = next(iter(tables.items()))
    rows = connection.execute(
        f"""
        select {order} as order_id from raw_{provider}.{table}
        where organization_id = ? and order_id is not null
        group by order_id order by sum(length(payload)) desc, order_id limit {ORDERS_A_BRAND}
        """,
        [name],
    ).fetchall()
    return [row[0] for row in rows]


def copied_rows(connection: duckdb.DuckDBPyConnection, provider: str, table: str) -> list[dict[str, Any]]:
    """The raw rows of those orders, the newest version of each object."""
    name, tables = BRANDS[provider]
    orders = chosen_orders(connection, provider)
    condition = f"list_contains(?, {tables[table]})"
    if table == "payments":
        condition = """object_id in (
            select payment ->> '$.id' from (
                select unnest(cast(payload -> '$.paymentInfo.payments' as json[])) as payment
                from raw_commercetools.orders where list_contains(?, object_id)
            )
        )"""
    found = connection.execute(
        f"""
        select * from raw_{provider}.{table} where organization_id = ? and {condition}
        qualify row_number() over (partition by object_id order by loaded_at desc, payload_hash) = 1
        order by length(payload) desc, object_id
        """,
        [name, orders],
    )
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def all_odd(rows: dict[tuple[str, str], list[dict[str, Any]]]) -> list[Odd]:
    """Every path of the longest payload of each table, and of Klaviyo's profiles, with every odd value."""
    found: list[Odd] = []
    for (provider, table), table_rows in rows.items():
        for column in ("payload", "profile") if provider == "klaviyo" else ("payload",):
            for path in paths(json.loads(table_rows[0][column])):
                for kind in ODD_VALUES:
                    found.append(Odd(f"{provider}_{len(found)}", provider, table, column, path, kind))
    return found


def write_brands(place: Workspace, brands: list[Odd]) -> None:
    """Configures the brands, besides a pristine one of each provider."""
    header, *_ = (place.config / "organizations.csv").read_text().splitlines()
    names = {f"pristine_{provider}": provider for provider in BRANDS}
    names |= {f"carts_{provider}": provider for provider in (*BRANDS, "files")}
    names |= {one.organization_id: one.provider for one in brands}
    values = {"status": "live", "sync_orders": "true", "publish_to": "odp|omnisend", "country": "GB", "currency": "GBP"}
    lines = [header]
    for name, provider in names.items():
        own = values | {"organization_id": name, "name": name, "provider": provider, "timezone": "Europe/London"}
        lines.append(",".join(own.get(column, "") for column in header.split(",")))
    (place.config / "organizations.csv").write_text("\n".join(lines) + "\n")


def land_brands(
    connection: duckdb.DuckDBPyConnection,
    rows: dict[tuple[str, str], list[dict[str, Any]]],
    brands: list[Odd],
    bought: list[carts.Cart],
) -> None:
    """Lands the copies and the carts, and takes away what they were copied from."""
    copies: dict[tuple[str, str], list[list[Any]]] = {key: [] for key in rows}
    for (provider, table), table_rows in rows.items():
        owners = [Odd(f"pristine_{provider}", provider, table, "", (), "")]
        owners += [one for one in brands if one.provider == provider]
        for one in owners:
            for place, row in enumerate(table_rows):
                copy = row | {"organization_id": one.organization_id}
                if place == 0 and one.table == table and one.column:
                    odd = with_value(json.loads(row[one.column]), one.path, ODD_VALUES[one.kind])
                    copy[one.column] = json.dumps(odd)
                copies[provider, table].append(list(copy.values()))
    for (provider, table), told in carts.raw_rows(bought).items():
        template = rows[provider, table][0] | {"organization_id": f"carts_{provider}"}
        copies[provider, table] += [
            list((template | row | {"payload_hash": row["object_id"]}).values()) for row in told
        ]
    for (provider, table), values in copies.items():
        connection.execute(f"delete from raw_{provider}.{table}")
        places = ", ".join("?" for _ in values[0])
        connection.executemany(f"insert into raw_{provider}.{table} values ({places})", values)


def facts(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, tuple[Any, ...]]]:
    """What the verdicts say of each order, by brand and order."""
    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    for organization_id, order_id, *values in connection.execute(
        f"select organization_id, order_id, {FACTS} from marts.fct_order_attributions"
    ).fetchall():
        found.setdefault(organization_id, {})[order_id] = tuple(values)
    return found


def named(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The fields that could not be read, by brand."""
    found: dict[str, list[str]] = {}
    for organization_id, field, problem in connection.execute(
        "select organization_id, field, problem from marts.fct_held_back_rows order by all"
    ).fetchall():
        found.setdefault(organization_id, []).append(f"{field}={problem}")
    return found


@dataclass(frozen=True)
class Built:
    """All brands, built.

    Attributes:
        place: The workspace.
        brands: Those with an odd payload.
        bought: The carts.
        said: What the build printed.
    """

    place: Workspace
    brands: list[Odd]
    bought: list[carts.Cart]
    said: str


@pytest.fixture(scope="module")
def built(landed: Workspace, is_long: bool) -> Built:
    """Odd brands and carts, in one build."""
    bought = carts.make(ALL_CARTS if is_long else CARTS, seed=20)
    with duckdb.connect(str(landed.database)) as connection:
        rows = {
            (provider, table): copied_rows(connection, provider, table)
            for provider, (_, tables) in BRANDS.items()
            for table in tables
        }
        every = all_odd(rows)
        brands = random.Random(19).sample(every, min(ALL if is_long else SAMPLE, len(every)))
        write_brands(landed, brands)
        land_brands(connection, rows, brands, bought)
    carts.write_files(landed.inbox, "carts_files", bought)
    load_files(landed)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        build(landed, full_refresh=True)
    return Built(landed, brands, bought, printed.getvalue())


@pytest.mark.long
def test_an_odd_value_stops_nothing_but_itself(built: Built) -> None:
    with duckdb.connect(str(built.place.database), read_only=True) as connection:
        right, unreadable = facts(connection), named(connection)
        marked = connection.execute(
            f"select count(*) from marts.fct_held_back_rows as found where cast(found as varchar) like '%{MARK}%'"
        ).fetchall()
    assert marked == [(0,)]
    assert MARK not in built.said
    assert all(MARK not in log.read_text(errors="replace") for log in Path(built.place.home / "logs").rglob("*.log"))
    wrong = [one for one in built.brands if not is_borne(one, right, unreadable.get(one.organization_id, []))]
    assert wrong == [], f"{len(wrong)} of {len(built.brands)}: {wrong[:20]}"


@pytest.mark.long
@pytest.mark.parametrize("provider", [*BRANDS, "files"])
def test_a_cart_is_worth_the_same_whoever_tells_of_it(built: Built, provider: str) -> None:
    with duckdb.connect(str(built.place.database), read_only=True) as connection:
        found = connection.execute(
            f"""
            select order_id, {", ".join(f"cast({name}_amount * 100 as bigint)" for name in AMOUNTS)}
            from intermediate.int_orders__unioned where organization_id = 'carts_{provider}'
            """
        ).fetchall()
    told = [cart for cart in built.bought if cart.adds_up(provider)]
    amounts = {row[0]: row for row in found}
    wrong = [(amounts.get(cart.order_id), cart) for cart in told if amounts.get(cart.order_id) != cart.right()]
    assert wrong == [], f"{len(wrong)} of {len(told)}: {wrong[:3]}"


def is_borne(
    one: Odd,
    right: dict[str, dict[str, tuple[Any, ...]]],
    unreadable: list[str],
) -> bool:
    """Whether a brand's ordinary orders are right, and the odd one is right, or held back and named."""
    pristine, found = right[f"pristine_{one.provider}"], right.get(one.organization_id, {})
    different = {name for name in pristine if found.get(name) != pristine[name]} | (found.keys() - pristine.keys())
    if not different:
        return True
    # an order known by the odd value in place of its own id is the odd one as well
    return len(different & pristine.keys()) <= 1 and (bool(unreadable) or one.kind in READABLE)
