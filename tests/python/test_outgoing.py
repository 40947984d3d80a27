"""The outgoing gate: each flaw of what is about to be published is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from dlt_pipelines.config import Workspace
from dlt_pipelines.quality.check import Result
from dlt_pipelines.quality.check import judge as judge_figures
from dlt_pipelines.quality.metrics import outgoing
from dlt_pipelines.quality.suites import OUTGOING_RULES

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ORDERS = 60
GOOD: dict[str, Any] = {
    "payload_hash": "'h'",
    "reject_reason": "null",
    "email": "'p' || i || '@mail.example'",
    "occurred_at": "timestamp '2026-05-01 10:00:00'",
    "currency": "'USD'",
    "total_amount": "50",
}
# what is wrong with an organization's rows, and what is to be found
FLAWS: dict[str, tuple[dict[str, str], set[str]]] = {
    "good": ({}, set()),
    "twice": ({"sync_key": "'twice' || i // 2"}, {"keys_are_unique"}),
    "no_hash": ({"payload_hash": "case when i > 0 then 'h' end"}, {"keys_present"}),
    "refused": ({"reject_reason": "case when i % 4 = 0 then 'no_time' end"}, {"few_are_refused"}),
    "nobody": ({"email": "case when i > 0 then 'a@mail.example' end"}, {"events_have_identifiers"}),
    "future": (
        {"occurred_at": "timestamp '2026-05-01' + to_days(case when i % 4 = 0 then 300 else 0 end)"},
        {"dates_in_range"},
    ),
    "huge": (
        {"total_amount": "case when i % 4 = 0 then 50001 else 50 end", "net_amount": "total_amount"},
        {"amounts_in_range"},
    ),
    "large": ({"total_amount": "case when i % 4 = 0 then 50000 else 50 end", "net_amount": "total_amount"}, set()),
    "no_amount": ({"total_amount": "case when i > 0 then 50 end", "net_amount": "total_amount"}, {"amounts_in_range"}),
    "small_unit": ({"currency": "'VND'", "total_amount": "1850000", "net_amount": "1850000"}, set()),
    # 19 are too few for a median
    "few": (
        {
            "total_amount": "case when i = 0 then 2000000 when i < 19 then 50 else 0 end",
            "net_amount": "total_amount",
        },
        set(),
    ),
    "other_currency_refused": (
        {
            "currency": "case when i % 25 = 0 then 'VND' else 'USD' end",
            "total_amount": "case when i % 25 = 0 then 1850000 else 50 end",
            "net_amount": "total_amount",
            "reject_reason": "case when i % 25 = 0 then 'other_currency' end",
        },
        set(),
    ),
    "off": ({"net_amount": "49.99"}, {"money_is_conserved"}),
}


@pytest.fixture(scope="module")
def results(new_place: Callable[[str], Workspace]) -> list[Result]:
    place = new_place("outgoing")
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("create schema exports; create schema intermediate")
        selects = []
        for name, (flaw, _) in FLAWS.items():
            columns = {"sync_key": f"'{name}' || i", **GOOD, "net_amount": "50"} | flaw
            told = ", ".join(f"{value} as {column}" for column, value in columns.items())
            selects.append(
                f"select '{name}' as organization_id, '{name}' || i as order_id, 'purchase' as action, "
                f"null::varchar as phone_number, null::varchar as customer_id, {told} from range({ORDERS}) as rows(i)"
            )
        connection.execute(f"create table exports.sync_odp__order_events as {' union all '.join(selects)}")
        connection.execute(
            "create table intermediate.int_orders__published as "
            "select organization_id, order_id, net_amount from exports.sync_odp__order_events"
        )
        connection.execute("create table exports.sync_odp__products as from exports.sync_odp__order_events limit 1")
        frames = {
            model: outgoing(connection, model, list(FLAWS), NOW)
            for model in ("sync_odp__order_events", "sync_odp__products")
        }
    found, docs = judge_figures(place.home / "quality_outgoing", frames)
    assert "mail.example" not in "".join(page.read_text(encoding="utf-8") for page in docs.parent.rglob("*.html"))
    return found


def test_each_flaw_of_what_is_to_be_published_is_found_and_nothing_else(results: list[Result]) -> None:
    for name, (_, expected) in FLAWS.items():
        failing = {one.expectation for one in results if one.organization_id == name and not one.is_met}
        assert failing == expected, name


def test_every_rule_of_the_outgoing_gate_is_found_broken_by_some_organization() -> None:
    assert {rule.name for rule in OUTGOING_RULES} == set().union(*(expected for _, expected in FLAWS.values()))
