"""The landing gate: what it finds, what it holds back, and that the others go on."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from dlt_pipelines import status
from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.load import load
from dlt_pipelines.quality.check import CheckReport, check, held_errors
from dlt_pipelines.quality.suites import RULES, rules_of
from tests.python.conftest import ship_configuration

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEADER = "organization_id,order_id,ordered_at,currency,total_amount,email,ship_address1,ship_postal_code"
# one organization for each way of being wrong, beside one that is right
ORGANIZATIONS = (
    *("good", "no_amount", "no_currency", "no_date", "odd_amount", "odd_date", "silent", "flooded", "no_email"),
    *("no_street", "empty", "huge_amount", "small_unit", "two_currencies", "few"),
    *("till", "regular", "guests"),
)


def orders(organization_id: str, days: int = 40, a_day: int = 12) -> list[dict[str, Any]]:
    """Orders of an organization up to now, each with all that it needs."""
    rows = []
    for number in range(days * a_day):
        at = NOW - timedelta(hours=1) - timedelta(days=number / a_day)
        row = {
            "organization_id": organization_id,
            "order_id": f"o{number}",
            "ordered_at": at.isoformat(),
            "currency": "USD",
            "total_amount": "50.00",
            "email": f"buyer{number}@mail.example",
            "ship_address1": f"{number} Foxglove Street",
            "ship_postal_code": "75001",
        }
        rows.append(row)
    return rows


def spoiled(organization_id: str) -> list[dict[str, Any]]:
    """Orders that are wrong in the way of the organization's name."""
    if organization_id == "empty":
        return []
    if organization_id == "few":
        # too few for a median to tell anything
        return [row | {"total_amount": f"{10**number}"} for number, row in enumerate(orders(organization_id, days=1))]
    rows = orders(organization_id)
    if organization_id == "silent":
        return [row for row in rows if datetime.fromisoformat(row["ordered_at"]) < NOW - timedelta(days=1)]
    if organization_id == "flooded":
        return rows + [row | {"order_id": f"{row['order_id']}/{number}"} for row in rows[:8] for number in range(9)]
    changes: dict[str, dict[str, Any]] = {
        "odd_amount": {"total_amount": "-1"},
        "huge_amount": {"total_amount": "50000.01"},
        "small_unit": {"currency": "VND", "total_amount": "1850000"},
        "two_currencies": {"currency": "VND", "total_amount": "1850000"},
        "odd_date": {"ordered_at": (NOW + timedelta(days=400)).isoformat()},
        "no_email": {"email": ""},
        "no_street": {"ship_address1": ""},
        "till": {"email": "Till@shop.example\u200b"},
        "regular": {"email": "regular@mail.example"},
        "guests": {"email": "guest@shop.example"},
    }
    shares = dict.fromkeys(("no_email", "no_street", "small_unit"), len(rows))
    shares |= {"till": 50, "regular": 49, "guests": 60}
    share = shares.get(organization_id, 20)
    return [row | (changes.get(organization_id, {}) if number < share else {}) for number, row in enumerate(rows)]


def write_orders(place: Workspace, organization_id: str, rows: list[dict[str, Any]]) -> None:
    folder = place.inbox / "orders"
    folder.mkdir(exist_ok=True)
    with (folder / f"{organization_id}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER.split(","))
        writer.writeheader()
        writer.writerows(rows)


def configure(place: Workspace, names: tuple[str, ...]) -> None:
    ship_configuration(place)
    lines = [f"{name},{name},live,true,files,US,USD" for name in names]
    header = "organization_id,name,status,sync_orders,provider,country,currency"
    (place.config / "organizations.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def query(place: Workspace, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def break_landed(place: Workspace, organization_id: str, field: str) -> None:
    """Spoils a field of what was landed, as a provider may do but no file can, for files are read strictly."""
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(
            f"""
            update raw_files.orders
            set payload = json_merge_patch(payload, '{{"{field}": "unknown"}}')
            where organization_id = ? and hash(object_id) % 10 = 0
            """,
            [organization_id],
        )
        if field == "currency":
            connection.execute(
                """
                update raw_files.orders set payload = replace(payload, '"unknown"', '""') where organization_id = ?
                """,
                [organization_id],
            )


@pytest.fixture(scope="module")
def checked(new_place: Callable[[str], Workspace]) -> tuple[Workspace, CheckReport]:
    place = new_place("quality")
    configure(place, ORGANIZATIONS)
    for name in ORGANIZATIONS:
        write_orders(place, name, spoiled(name))
    assert not load(place, now=NOW).errors
    break_landed(place, "no_amount", "total_amount")
    break_landed(place, "no_currency", "currency")
    break_landed(place, "no_date", "ordered_at")
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(
            "insert into raw_files.orders from raw_files.orders where organization_id = 'odd_date' limit 1"
        )
    return place, check(place, now=NOW)


EXPECTED = {
    "no_amount": {"amount_present"},
    "no_currency": {"currency_present"},
    "no_date": {"date_present"},
    "odd_amount": {"amount_in_range"},
    "huge_amount": {"amount_in_range"},
    # the orders of the last days are the spoiled ones, so the last day is a quiet one, too
    "odd_date": {"date_in_range", "volume_as_usual", "versions_are_unique"},
    "silent": {"volume_as_usual"},
    "flooded": {"volume_as_usual"},
    "no_email": {"email_present"},
    "no_street": {"street_present"},
    "empty": {"orders_are_there"},
}


def test_each_flaw_is_found_and_nothing_else(checked: tuple[Workspace, CheckReport]) -> None:
    _, report = checked
    found: dict[str, set[str]] = {}
    for result in report.failures:
        found.setdefault(result.organization_id, set()).add(result.expectation)
    assert found == EXPECTED
    assert len(report.results) == len(ORGANIZATIONS) * len(rules_of("files"))
    assert not report.held, "warning is the default"


def test_an_email_of_many_and_a_currency_that_is_not_the_brands_are_named(
    checked: tuple[Workspace, CheckReport],
) -> None:
    _, report = checked
    currency, till = sorted(report.findings)
    assert currency.startswith("organization small_unit, files: 480 of 480 orders are in VND")
    assert till.startswith("organization till, files: 50 of 480 orders have one e-mail, that of the order 'o0'")
    assert "shop.example" not in till


def test_results_are_rows_and_pages_without_anybodys_data(checked: tuple[Workspace, CheckReport]) -> None:
    place, report = checked
    rows = query(place, "select organization_id, expectation, is_met, observed from ops.quality_results")
    assert len(rows) == len(report.results)
    (told,) = [row[3] for row in rows if row[:2] == ("odd_amount", "amount_in_range")]
    assert told == (
        "share_of_odd_amounts is 0.04167; expected: at most 1 % are below 0 or above 1,000 times the brand's median "
        "in that currency"
    )
    assert report.docs is not None
    pages = list(report.docs.parent.rglob("*.html"))
    assert any("validations" in str(page) for page in pages)
    assert "mail.example" not in "".join(page.read_text(encoding="utf-8") for page in pages)


def test_every_rule_is_found_broken_by_some_test() -> None:
    elsewhere = {"load_is_fresh", "order_id_present", "order_id_unique"}
    assert {rule.name for rule in RULES} == set().union(*EXPECTED.values()) | elsewhere


def verdicts(place: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    rows = query(place, "select organization_id, order_id, total_amount from marts.fct_order_attributions order by all")
    found: dict[str, list[tuple[Any, ...]]] = {}
    for organization_id, *rest in rows:
        found.setdefault(organization_id, []).append(tuple(rest))
    return found


def test_a_held_back_organization_keeps_its_verdicts_until_it_passes_and_the_others_go_on(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(place, ("acorn", "oak", "never_passed"))
    for name in ("ACORN", "NEVER_PASSED"):
        monkeypatch.setenv(f"SOURCES__FILES__{name}__ON_QUALITY_FAILURE", "stop")
    for name in ("acorn", "oak"):
        write_orders(place, name, orders(name))
    write_orders(place, "never_passed", [row | {"total_amount": "-1"} for row in orders("never_passed")])

    def tick(now: datetime) -> CheckReport:
        assert not load(place, now=now).errors
        report = check(place, now=now)
        build(place, select="+fct_order_attributions +dim_organizations")
        return report

    never = {"never_passed": "amount_in_range"}
    assert tick(NOW).held == never
    before = verdicts(place)
    assert before.keys() == {"acorn", "oak"}, "what never passed is not released"
    for name in ("acorn", "oak"):
        write_orders(place, name, [row | {"total_amount": "-1"} for row in orders(name)])
    report = tick(NOW + timedelta(minutes=5))
    assert report.held == {"acorn": "amount_in_range"} | never
    assert held_errors(report)[:1] == [
        "organization acorn is held back, and keeps its last verdicts: amount_in_range not met. See the Data Docs, and "
        "load and check again once its data are right (or set on_quality_failure to warn)."
    ]
    during = verdicts(place)
    assert during["acorn"] == before["acorn"]
    assert {row[1] for row in during["oak"]} == {-1}
    stale = query(place, "select organization_id, is_stale, stale_reason from marts.dim_organizations order by all")
    reason = "held_back: amount_in_range"
    assert stale == [("acorn", True, reason), ("never_passed", True, reason), ("oak", False, None)]
    status.show(place, NOW + timedelta(minutes=5))
    assert "Stale: acorn is held back since 2026-06-01 12:05 UTC; not met: amount_in_range." in capsys.readouterr().out
    write_orders(place, "acorn", [row | {"total_amount": "60"} for row in orders("acorn")])
    assert tick(NOW + timedelta(minutes=10)).held == never
    assert {row[1] for row in verdicts(place)["acorn"]} == {60}


def test_a_load_that_is_long_ago_and_an_id_that_is_missing_are_found(place: Workspace) -> None:
    configure(place, ("acorn",))
    assert {result.expectation for result in check(place, now=NOW).failures} == {"orders_are_there"}, "before any load"
    write_orders(place, "acorn", orders("acorn"))
    assert not load(place, now=NOW - timedelta(days=3)).errors
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(
            """
            update raw_files.orders
            set payload = json_merge_patch(payload, '{"order_id": null}')
            where row_number < 99
            """
        )
    found = {result.expectation for result in check(place, now=NOW).failures}
    assert found == {"load_is_fresh", "order_id_present"}


def test_a_wrong_choice_is_named(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(place, ("acorn",))
    monkeypatch.setenv("SOURCES__FILES__ON_QUALITY_FAILURE", "ignore")
    with pytest.raises(ConfigurationError, match=r"on_quality_failure is 'ignore'; it must be warn or stop"):
        check(place, now=NOW)
