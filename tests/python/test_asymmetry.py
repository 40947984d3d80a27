"""Each bias that the audit names, planted where the mail does nothing: the naive figure shows it, lift does not.

And worlds in which there is nothing to estimate: they have nulls and a status on every mart, and no division by zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.plan import plan
from tests.python.conftest import load_files
from tests.python.inbox_worlds import (
    ASSIGNED_AT,
    OPENS_AT,
    PEOPLE,
    Row,
    World,
    add_campaign,
    add_order,
    add_recipient,
    at_home,
    planted,
    write_worlds,
)


def codes() -> World:
    """People whom nobody mailed find the code on a coupon site."""
    world = planted("codes", 1)
    for stranger in range(150):
        add_order(world, 10_000 + stranger, OPENS_AT + timedelta(days=stranger % 28), discount_codes="TEN")
    return world


def clocks() -> World:
    """A sale right after the draw: it is in the holdout's window, and over when the cards are sent."""
    world = planted("clocks", 2)
    for person in range(0, PEOPLE, 4):
        add_order(world, person, ASSIGNED_AT + timedelta(days=1))
    return world


def exclusions() -> World:
    """A fifth of those who were mailed complain of the card."""
    world = planted("exclusions", 3)
    for row in world.rows["recipients"]:
        if row["is_holdout"] == "false" and hash_of(row) < 0.2:
            world.add(
                "exclusions", exclusion_id=row["recipient_id"], campaign_id="card", recipient_id=row["recipient_id"]
            )
    return world


def cascade_order() -> World:
    """Another campaign mails those whom this one held out."""
    world = planted("cascade_order", 4)
    add_campaign(world, "second", launched_at=(ASSIGNED_AT + timedelta(days=4)).isoformat(), discount_codes="")
    for row in list(world.rows["recipients"]):
        if row["is_holdout"] == "true" and hash_of(row) < 0.5:
            sent_at = (ASSIGNED_AT + timedelta(days=4)).isoformat()
            add_recipient(world, "second", int(str(row["recipient_id"])[1:]), False, sent_at=sent_at)
    return world


def subscription_veto() -> World:
    """A third subscribes, and orders with an e-mail that only the address connects with the list."""
    world = planted("subscription_veto", 5, rate=0.0)
    for person in range(PEOPLE):
        is_subscriber = person % 3 == 0
        customer = f"c{person}" if is_subscriber else ""
        if is_subscriber:
            world.add("subscriptions", subscription_id=customer, started_at="2026-01-01T00:00:00", customer_id=customer)
        if person % 2:
            add_order(world, person, OPENS_AT + timedelta(days=person % 28), customer_id=customer, **at_home(person))
    return world


def also_mailed_veto() -> World:
    """Drawn by person: of half of the holdouts somebody in the same house was mailed."""
    world = planted("also_mailed_veto", 6)
    for row in list(world.rows["recipients"]):
        if row["is_holdout"] == "true" and hash_of(row) < 0.5:
            person = int(str(row["recipient_id"])[1:])
            same_door = {"address1": row["address1"], "email": f"partner{person}@people.example"}
            add_recipient(world, "card", 20_000 + person, False, **same_door)
            if person % 2:
                add_order(world, person, OPENS_AT + timedelta(days=person % 28), email=same_door["email"])
    return world


def hash_of(row: Row) -> float:
    """A number from 0 to 1 of the recipient, as good as drawn."""
    return int(str(row["recipient_id"])[1:]) * 0.6180339887 % 1


# by rule: the world, the key by which it shows, and the sign of what it invents
BIASES: dict[str, tuple[Callable[[], World], str, int]] = {
    "codes": (codes, "discount_code", 1),
    "clocks": (clocks, "email", -1),
    "exclusions": (exclusions, "email", -1),
    "cascade_order": (cascade_order, "email", 1),
    "subscription_veto": (subscription_veto, "address", -1),
    "also_mailed_veto": (also_mailed_veto, "email", 1),
}


def refunded() -> World:
    world = planted("all_refunds", 11, 400)
    for row in world.rows["orders"]:
        row["status"] = "refunded"
    return world


def of_one_household() -> World:
    world = planted("one_household", 12, 6)
    for row in world.rows["recipients"]:
        row["address1"] = "1 Oakwood Street"
    return world


def at_no_cost() -> World:
    world = planted("zero_cost", 13, 400)
    world.rows["campaigns"][0]["piece_cost"] = "0"
    return world


def of_nobody() -> World:
    world = World("nobody_assigned")
    add_campaign(world, "card")
    return world


def of_one_order_value() -> World:
    """Everybody buys, for the same: nothing varies."""
    return planted("everybody_bought", 14, 400, rate=1.0)


def of_other_order_values() -> World:
    """Everybody buys once, for different amounts: only revenue varies."""
    world = planted("once_each", 19, 400, rate=1.0)
    for number, row in enumerate(world.rows["orders"]):
        row["total_amount"] = 20 + number % 60
    return world


# by organization: the world, and the status of its revenue and of its money
DEGENERATE: dict[str, tuple[Callable[[], World], str, str]] = {
    "no_holdout": (lambda: planted("no_holdout", 15, 400, holdout=0.0), "no_holdout", "no_holdout"),
    "all_held_out": (lambda: planted("all_held_out", 16, 400, holdout=1.0), "no_treated", "no_treated"),
    "nobody_bought": (
        lambda: planted("nobody_bought", 17, 400, rate=0.0),
        *("too_few_conversions", "too_few_conversions"),
    ),
    "one_household": (of_one_household, "too_few_conversions", "too_few_conversions"),
    "one_recipient": (lambda: planted("one_recipient", 18, 1), "no_treated", "no_treated"),
    "nobody_assigned": (of_nobody, "no_holdout", "no_holdout"),
    "all_refunds": (refunded, "no_spread|ok", "no_spread"),
    "everybody_bought": (of_one_order_value, "no_spread", "no_spread"),
    "once_each": (of_other_order_values, "no_spread|ok", "no_spread"),
    "zero_cost": (at_no_cost, "ok", "no_cost"),
}


@pytest.fixture(scope="module")
def place_built(new_place: Callable[[str], Workspace]) -> Workspace:
    place = new_place("biases")
    write_worlds(place, [make() for make, *_ in (*BIASES.values(), *DEGENERATE.values())])
    load_files(place)
    build(place, {"as_of": "2026-06-01 00:00:00"}, select="+marts.lift")
    return place


@pytest.fixture(scope="module")
def built(place_built: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(place_built) as connection:
        yield connection


def test_a_plan_says_what_it_cannot_say(place_built: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Everybody bought once: of conversion and orders there is nothing to plan, of revenue there is."""
    plan(place_built, "card", "once_each", recipients=4_000, shares=(0.1, 0.2))
    said = capsys.readouterr().out
    assert "A list of 4,000 recipients like card of once_each." in said
    assert "conversion_rate: it did not vary then" in said
    assert "orders_per_recipient: it did not vary then" in said
    assert "without mail, lift then" in said
    assert "10%         400" in said
    assert "Best share for a next list of 4,000" in said
    with pytest.raises(MatchbackError, match="has a holdout and five buyers in either arm"):
        plan(place_built, "card", "everybody_bought")
    with pytest.raises(MatchbackError, match="Add --organization"):
        plan(place_built, "card")


@pytest.mark.parametrize("rule", BIASES)
def test_the_naive_figure_shows_the_bias_and_lift_does_not(built: duckdb.DuckDBPyConnection, rule: str) -> None:
    _, key, sign = BIASES[rule]
    audit = built.execute(
        """
        select invented_lift, invented_lift_ci_low, invented_lift_ci_high, naive_lift, symmetric_lift
        from marts.fct_asymmetry_audit
        where organization_id = ? and campaign_id = 'card' and rule = ? and match_key = ?
            and metric = 'orders_per_recipient'
        """,
        [rule, rule, key],
    ).fetchone()
    assert audit is not None
    invented, low, high, naive, symmetric = audit
    assert sign * invented > 0.03
    assert low > 0 if sign > 0 else high < 0
    assert math.isclose(naive - symmetric, invented, abs_tol=1e-12)
    lift = built.execute(
        """
        select absolute_lift_standard_error, p_value
        from marts.fct_campaign_lift
        where organization_id = ? and campaign_id = 'card' and metric = 'orders_per_recipient'
        """,
        [rule],
    ).fetchone()
    assert lift is not None
    assert lift[1] > 0.01
    # the naive figure would be taken for an effect
    assert abs(naive) > 2 * lift[0]


@pytest.mark.parametrize("rule", BIASES)
def test_a_rule_that_changes_nothing_invents_nothing(built: duckdb.DuckDBPyConnection, rule: str) -> None:
    """In the world of the codes no rule but the codes, and the cascade that has them, changes an order."""
    others = [one for one in BIASES if one not in ("codes", "clocks")]
    changed = built.execute(
        """
        select rule
        from marts.fct_asymmetry_audit
        where organization_id = 'codes' and rule = ? and (treated_orders_change <> 0 or holdout_orders_change <> 0)
        """,
        [rule],
    ).fetchall()
    assert bool(changed) == (rule not in others)


@pytest.mark.parametrize("organization_id", DEGENERATE)
def test_where_there_is_nothing_to_estimate_a_status_says_so(
    built: duckdb.DuckDBPyConnection, organization_id: str
) -> None:
    _, lift_status, economics_status = DEGENERATE[organization_id]
    found = built.execute(
        "select distinct lift_status from marts.fct_campaign_lift where organization_id = ? order by lift_status",
        [organization_id],
    ).fetchall()
    assert "|".join(status for (status,) in found) == lift_status
    money = built.execute(
        "select economics_status from marts.fct_campaign_economics where organization_id = ?", [organization_id]
    ).fetchall()
    assert money == [(economics_status,)]


def test_no_mart_of_lift_holds_a_figure_that_is_none(built: duckdb.DuckDBPyConnection) -> None:
    """Neither infinite nor not a number, in any world."""
    columns: list[Any] = built.execute(
        """
        select table_name, column_name
        from information_schema.columns
        where table_schema = 'marts' and data_type = 'DOUBLE'
        """
    ).fetchall()
    assert len(columns) > 140
    for table, column in columns:
        [(wrong,)] = built.execute(
            f'select count(*) from marts.{table} where isinf("{column}") or isnan("{column}")'
        ).fetchall()
        assert wrong == 0, (table, column)


def test_an_interval_without_spread_is_null(built: duckdb.DuckDBPyConnection) -> None:
    """All net revenue was refunded: a difference of zero, and no interval of no width."""
    rows = built.execute(
        """
        select absolute_lift, absolute_lift_ci_low, p_value
        from marts.fct_campaign_lift
        where organization_id = 'all_refunds' and metric = 'revenue_per_recipient'
        """
    ).fetchall()
    assert rows == [(0.0, None, None)]
