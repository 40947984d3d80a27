"""Amounts at the bound, many on one household, in every mart: no build ends for them and no figure is infinite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest

from dlt_pipelines.bounds import bounds
from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from tests.python.conftest import load_files
from tests.python.inbox_worlds import (
    ASSIGNED_AT,
    OPENS_AT,
    World,
    add_campaign,
    add_order,
    add_recipient,
    at_home,
    write_worlds,
)

# long after the windows of 30 days, so that late refunds are late
AS_OF = "2026-09-01 00:00:00"
LARGEST = bounds().amount_below - Decimal("0.0001")
MOST_PIECES = bounds().quantity_below - Decimal("0.0001")
PEOPLE = 48
# more orders at the bound than a decimal(18, 4) holds the sum of
MANY = 120
# what only the tools or other providers fill
NOT_OF_FILES = {"fct_publish_rejects", "fct_publish_results", "fct_held_back_rows"}


def at_the_bound(organization_id: str, amounts: tuple[Decimal, ...]) -> World:
    """Two campaigns that overlap, whose recipients' every amount is one of these in turn."""
    world = World(organization_id)
    for number, campaign in enumerate(("card", "letter")):
        add_campaign(
            world,
            campaign,
            creative=campaign,
            piece_cost=LARGEST,
            minimum_order_amount=min(amounts),
            gross_margin_rate="1",
            launched_at=(ASSIGNED_AT - timedelta(days=1)).isoformat(),
        )
        for person in range(PEOPLE):
            is_holdout = person // (2 + number) % 2 == 1
            prior = {"prior_revenue_amount": amounts[person % len(amounts)]} if campaign == "card" else {}
            household = {"household_id": f"h{person // 2}", "segment": f"s{person % 2}"}
            add_recipient(world, campaign, person, is_holdout, **household, **prior)
    for person in range(PEOPLE):
        for number in range(MANY if person < 2 else 1 + person % 3):
            amount = amounts[(person + number) % len(amounts)]
            code = "TEN" if number == 1 else ""
            where = at_home(person) if number == 2 else {}
            day = (5 * person + 7 * number) % 25
            ordered_at = OPENS_AT + timedelta(days=day, hours=1)
            add_order(world, person, ordered_at, total_amount=amount, discount_codes=code, **where)
        add_order(world, person, ASSIGNED_AT - timedelta(days=9), total_amount=amounts[person % len(amounts)])
    for order in world.rows["orders"][:: MANY // 6]:
        for line in range(2):
            world.add(
                "order_lines",
                order_id=order["order_id"],
                line_id=line,
                product_id="p",
                quantity=MOST_PIECES,
                unit_price_amount=LARGEST,
            )
        # what is paid back of an order in all is within the bounds as well
        refunded_at = (OPENS_AT + timedelta(days=60)).isoformat()
        world.add("refunds", order_id=order["order_id"], refund_id=1, refunded_at=refunded_at, amount=LARGEST)
    return world


@pytest.fixture(scope="module")
def built(new_place: Callable[[str], Workspace]) -> Iterator[duckdb.DuckDBPyConnection]:
    """All marts and exports of a brand whose amounts are the largest, and of one that has them either way."""
    place = new_place("amounts")
    write_worlds(place, [at_the_bound("large", (LARGEST,)), at_the_bound("either", (LARGEST, -LARGEST))])
    organizations = place.config / "organizations.csv"
    organizations.write_text(organizations.read_text().replace(",files,", ",files,odp|omnisend"))
    load_files(place)
    build(place, {"as_of": AS_OF})
    with opened(place) as connection:
        yield connection


def columns(connection: duckdb.DuckDBPyConnection, schema: str, data_type: str) -> list[tuple[str, str]]:
    """Tables and columns of a schema that are of a type."""
    return connection.execute(
        "select table_name, column_name from information_schema.columns where table_schema = ? and data_type = ?",
        [schema, data_type],
    ).fetchall()


def test_every_mart_has_its_rows(built: duckdb.DuckDBPyConnection) -> None:
    marts = {
        table
        for (table,) in built.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
    }
    empty = {
        table
        for table in marts - NOT_OF_FILES
        if built.execute(f"select count(*) from marts.{table}").fetchall() == [(0,)]
    }
    assert len(marts) > 20
    assert empty == set()


@pytest.mark.parametrize("schema", ["intermediate", "marts", "exports"])
def test_every_figure_is_a_number(built: duckdb.DuckDBPyConnection, schema: str) -> None:
    odd = [
        (table, column)
        for table, column in columns(built, schema, "DOUBLE")
        if built.execute(f"select count(*) from {schema}.{table} where not isfinite({column})").fetchall() != [(0,)]
    ]
    assert odd == []


def test_revenue_is_exact(built: duckdb.DuckDBPyConnection) -> None:
    """Sums of amounts are decimals: nothing of the last digit is lost."""
    [(revenue,)] = built.execute(
        "select sum(lift_revenue_amount) from intermediate.int_lift__recipient_orders "
        "where organization_id = 'large' and campaign_id = 'card'"
    ).fetchall()
    [(orders, net)] = built.execute(
        "select count(*), sum(net_amount) from intermediate.int_orders__unioned "
        "where organization_id = 'large' and ordered_at >= ?",
        [OPENS_AT],
    ).fetchall()
    assert orders > 2 * MANY
    assert revenue == net
