"""Any past day's marts, from what had been loaded by then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.past import rebuild
from tests.python.conftest import load_files
from tests.python.experiments import Experiment, draw, write

MARTS = ("fct_campaign_lift", "fct_campaign_economics", "fct_experiment_checks", "fct_order_attributions")


def marts(path: object) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {name: connection.execute(f"from marts.{name} order by all").fetchall() for name in MARTS}


def now() -> datetime:
    return datetime.now(UTC)


def test_the_marts_of_a_past_day_are_those_that_were_built_then(place: Workspace) -> None:
    """Orders, a refund and a corrected recipient that come later change today's figures, and not that day's."""
    write(place, [draw(Experiment("acorn", 400, effect=0.3), 1)])
    before = now()
    load_files(place)
    told_at = now()
    as_of = told_at.replace(tzinfo=None).isoformat(sep=" ")
    build(place, {"as_of": as_of}, select="+marts.lift")
    then = marts(place.database)
    (place.inbox / "orders" / "late.csv").write_text(
        "organization_id,order_id,ordered_at,email,currency,total_amount\n"
        "acorn,late,2026-03-10T12:00:00,p1@people.example,GBP,500\n",
        encoding="utf-8",
    )
    (place.inbox / "refunds").mkdir()
    (place.inbox / "refunds" / "late.csv").write_text(
        "organization_id,order_id,refund_id,refunded_at,amount\nacorn,o0,1,2026-09-01T00:00:00,0.01\n", encoding="utf-8"
    )
    load_files(place)
    build(place, {"as_of": as_of}, select="+fct_campaign_lift")
    assert marts(place.database)["fct_campaign_lift"] != then["fct_campaign_lift"]
    # what a killed one left
    left_behind = place.home / "as_of" / "building" / "target"
    left_behind.mkdir(parents=True)
    (place.home / "as_of" / "building.duckdb").write_text("unfinished", encoding="utf-8")
    path = rebuild(place, told_at)
    assert marts(path) == then
    assert sorted(one.name for one in path.parent.iterdir()) == sorted([path.name, "building.duckdb.lock"])
    with pytest.raises(MatchbackError, match="Nothing had been loaded by"):
        rebuild(place, before.replace(year=2020))
