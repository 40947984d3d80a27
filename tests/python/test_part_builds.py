"""A build of a part of the credit is refused, however it is spelled; one that writes none of its state is free."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.errors import MatchbackError
from tests.python.conftest import load_files, run_dbt, try_dbt
from tests.python.histories import History

SENTENCE = "The credit is built as a whole or not at all"
COMMANDS = ": use `dbt build`, or `dbt build --full-refresh`."
# of stored models, of what they are made from, of what hooks write, by each way that dbt has to name a part
REFUSED = (
    "run --select int_order_identifiers",
    "run --full-refresh --select int_match_candidates__ranked int_order_verdicts fct_order_attributions"
    " int_attributions__last_told fct_attribution_events",
    "build -s int_orders__to_decide+",
    "build --select +fct_attribution_events",
    "run --exclude path:models/staging",
    "build --exclude int_build__horizons --exclude-resource-type test unit_test",
    "build --resource-type model --select config.materialized:incremental",
    "run --select int_build__settings",
    "run --select int_recipients__to_read",
    "build --empty",
)
FREE = (
    "run --full-refresh --select fct_match_candidates dim_organizations",
    "build --select stg_files__orders int_campaigns",
    "build --resource-type seed",
    "build --exclude-resource-type model seed unit_test --select fct_attribution_events",
    "seed --full-refresh",
    "test --exclude-resource-type unit_test --select fct_order_attributions",
    "compile --select fct_attribution_events",
)

Contents = dict[str, tuple[object, ...]]


def contents(database: Path) -> Contents:
    """Of each table the number and a hash of its rows; of each view what it selects."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        found: Contents = {
            name: connection.execute(
                f"select count(*), bit_xor(hash(everything)) from {name} as everything"
            ).fetchall()[0]
            for (name,) in tables
        }
        views = connection.execute(
            "select schema_name || '.' || view_name, sql from duckdb_views() where not internal"
        ).fetchall()
    return found | {name: (sql,) for name, sql in views}


def state(database: Path) -> Contents:
    """What ticks, the ranking and the log rest on: stored tables, what was kept beside them, and `ops`."""
    found = contents(database)
    stored = {name.removesuffix("__before") for name in found if name.endswith("__before")}
    return {
        name: rows
        for name, rows in found.items()
        if name.startswith("ops.") or name.removesuffix("__before") in {*stored, "marts.fct_attribution_events"}
    }


@pytest.fixture(scope="module")
def built(new_place: Callable[[str], Workspace]) -> Workspace:
    """A workspace after a first build."""
    place = new_place("part")
    History(place, 3, seed=19).step()
    load_files(place)
    run_dbt(place, "seed")
    run_dbt(place, "run", "--select", *CREDIT.split(), "dim_organizations")
    return place


@pytest.mark.parametrize("command", REFUSED)
def test_a_part_of_the_credit_is_refused_and_nothing_is_written(built: Workspace, command: str) -> None:
    before = contents(built.database)
    code, printed = try_dbt(built, *command.split())
    assert code != 0
    assert printed.count(SENTENCE) == 1, printed
    assert COMMANDS in printed
    assert contents(built.database) == before


MOVED = "The variable email_alias_folding is another than in the last build"
WRONG_VARIABLES = {
    "{timing_rul: validate_then_rank}": "The variable timing_rul is unknown; the nearest that is known is timing_rule.",
    "{timing_rule: validate}": "The variable timing_rule must be rank_then_validate or validate_then_rank.",
    "{address_max_tier: 9}": "The variable address_max_tier must be 1 to 5.",
    "{match_billing_address: si}": "The variable match_billing_address must be true or false.",
    "{subscription_order_gap_days: -1}": "The variable subscription_order_gap_days must be whole days, 0 to 3650.",
    "{as_of: yesterday}": "The variable as_of must be a time, ISO 8601.",
    "{email_alias_folding: true}": MOVED,
}


@pytest.mark.parametrize(("variables", "sentence"), WRONG_VARIABLES.items())
def test_a_variable_that_cannot_be_meant_is_refused_and_nothing_is_written(
    built: Workspace, variables: str, sentence: str
) -> None:
    before = contents(built.database)
    code, printed = try_dbt(built, "build", "--vars", variables)
    assert code != 0
    assert sentence in printed
    assert contents(built.database) == before


def test_a_variable_of_the_last_command_is_not_dropped_by_the_next(built: Workspace) -> None:
    update = "update ops.built_variables set value = 'True', is_of_command = {} where name = 'email_alias_folding'"
    with duckdb.connect(str(built.database)) as connection:
        connection.execute(update.format("true"))
    with pytest.raises(MatchbackError, match=MOVED):
        build(built)
    with duckdb.connect(str(built.database)) as connection:
        connection.execute(update.format("false").replace("True", "False"))


WRONG_ROWS = {
    "blackout_periods": {
        "acorn,2026-05-01,2026-05-01,x": "ends_at must be after starts_at",
        "acorn,soon,2026-05-01,x": "starts_at must be a time, ISO 8601",
        "acorn,2026-05-01,,x": "ends_at must be a time, ISO 8601",
        ",2026-05-01,2026-05-02,x": "organization_id must be a brand",
    },
    "match_methods": {
        "emial,1,true,,x": "match_method must be one of email, address, discount_code, holdout",
        "holdout,1,true,,x": "match_method must be in one row alone",
        "email,first,true,,x": "priority must be a whole number",
        "email,4,true,,x": "priority must be another in each row",
        "email,1,maybe,,x": "is_enabled must be true or false",
        "email,1,true,0,x": "max_recipients_per_key must be a whole number above 0, or empty",
    },
}


@pytest.mark.parametrize(
    ("seed", "row", "sentence"), [(seed, *row) for seed, rows in WRONG_ROWS.items() for row in rows.items()]
)
def test_a_seed_value_that_cannot_be_meant_is_refused_by_file_line_and_column(
    built: Workspace, seed: str, row: str, sentence: str
) -> None:
    path = built.config / f"{seed}.csv"
    kept = path.read_text(encoding="utf-8")
    header, *rows = (PROJECT_ROOT / "seeds" / "config" / f"{seed}.csv").read_text(encoding="utf-8").splitlines()
    before = contents(built.database)
    path.write_text("\n".join([header, row, *rows[1:]]) + "\n", encoding="utf-8")
    code, printed = try_dbt(built, "build")
    path.write_text(kept, encoding="utf-8")
    assert code != 0
    assert re.search(rf"{seed}\.csv, line \d: {re.escape(sentence)}\.", printed)
    assert contents(built.database) == before


def test_a_brand_whose_provider_is_misspelled_keeps_its_orders(built: Workspace) -> None:
    path = built.config / "organizations.csv"
    kept = path.read_text(encoding="utf-8")
    count = "select count(*) from intermediate.int_orders__unioned"
    events = "select count(*) from marts.fct_attribution_events"
    before = numbers(built, count, events)
    assert min(before) > 0
    path.write_text(kept.replace(",files,", ",flies,"), encoding="utf-8")
    run_dbt(built, "seed")
    run_dbt(built, "run", "--select", *CREDIT.split(), "dim_organizations")
    assert numbers(built, count, events) == before, "nothing is withdrawn"
    run_dbt(built, "run", "--full-refresh", "--select", *CREDIT.split(), "dim_organizations")
    assert numbers(built, count, events) == before
    path.write_text(kept, encoding="utf-8")
    run_dbt(built, "seed")
    run_dbt(built, "run", "--select", *CREDIT.split(), "dim_organizations")
    assert numbers(built, count, events) == before


def numbers(place: Workspace, *queries: str) -> list[int]:
    """What each query counts."""
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return [connection.execute(query).fetchall()[0][0] for query in queries]


@pytest.mark.parametrize("command", FREE)
def test_what_writes_no_state_is_free(built: Workspace, command: str) -> None:
    before = state(built.database)
    run_dbt(built, *command.split())
    assert state(built.database) == before


def test_models_that_only_read_see_everything_after_a_tick_that_was_killed(built: Workspace) -> None:
    before = contents(built.database)
    with duckdb.connect(str(built.database)) as connection:
        connection.execute("update ops.current_build set is_tick = true")
    run_dbt(built, "run", "--select", "stg_files__orders", "dim_organizations")
    after = contents(built.database)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} <= {"staging.stg_files__orders"}, "another view"
    with duckdb.connect(str(built.database), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from staging.stg_files__orders").fetchone() == (True,)


def test_a_clone_and_a_build_of_matchback_are_refused_as_well(built: Workspace) -> None:
    run_dbt(built, "compile", "--select", "fct_attribution_events")
    before = contents(built.database)
    clone = ("clone", "--full-refresh", "--state", str(built.home / "target"), "--select", "fct_attribution_events")
    code, printed = try_dbt(built, *clone)
    assert code != 0
    assert COMMANDS in printed
    with pytest.raises(MatchbackError, match=SENTENCE):
        build(built, select="+int_orders__unioned")
    assert contents(built.database) == before


def test_a_retry_is_refused_and_a_build_goes_on_from_there(built: Workspace) -> None:
    """A build breaks in the middle: what is left of it is a part."""
    told = contents(built.database)["marts.fct_order_attributions"]
    with duckdb.connect(str(built.database)) as connection:
        connection.execute("alter table config.match_methods rename to mislaid")
    whole = ("run", "--select", *CREDIT.split())
    assert try_dbt(built, *whole)[0] != 0
    with duckdb.connect(str(built.database)) as connection:
        connection.execute("alter table config.mislaid rename to match_methods")
    before = contents(built.database)
    code, printed = try_dbt(built, "retry")
    assert code != 0
    assert SENTENCE in printed
    assert contents(built.database) == before
    log = before["marts.fct_attribution_events"]
    run_dbt(built, *whole)
    assert contents(built.database)["marts.fct_order_attributions"] == told
    assert contents(built.database)["marts.fct_attribution_events"] == log
