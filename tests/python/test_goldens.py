"""The goldens: orders whose verdict a person has written down, under both timing rules."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.explain import explain
from tests.python.conftest import compile_analysis, load_files

GOLDENS = PROJECT_ROOT / "tests" / "goldens"
ENTITIES = ("campaigns", "recipients", "orders", "exclusions", "subscriptions", "refunds")
BRANDS = {"acorn": "rank_then_validate", "acorn_validate_first": "validate_then_rank"}
Verdict = tuple[str, str, str, str, str, Decimal]


def rows(name: str) -> list[dict[str, str]]:
    with (GOLDENS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write(path: Path, written: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(written[0]))
        writer.writeheader()
        writer.writerows(written)


@pytest.fixture(scope="module")
def built(new_place: Callable[[str], Workspace]) -> Workspace:
    """The goldens loaded and built, for a brand per timing rule."""
    place = new_place("goldens")
    organizations = (PROJECT_ROOT / "seeds" / "config" / "organizations.csv").read_text(encoding="utf-8")
    for brand, rule in BRANDS.items():
        organizations += f"{brand},Acorn,live,true,files,,acorn.example,US,USD,UTC,,{rule},\n"
    (place.config / "organizations.csv").write_text(organizations, encoding="utf-8")
    # the methods as they are shipped
    methods = (PROJECT_ROOT / "seeds" / "config" / "match_methods.csv").read_text(encoding="utf-8")
    (place.config / "match_methods.csv").write_text(methods, encoding="utf-8")
    blackouts = [{"organization_id": brand} | row for brand in BRANDS for row in rows("blackouts")]
    write(place.config / "blackout_periods.csv", blackouts)
    for entity in ENTITIES:
        known = [{"organization_id": brand} | row for brand in BRANDS for row in rows(entity)]
        if entity == "orders":
            known = [{name: cell for name, cell in row.items() if name != "note"} for row in known]
        write(place.inbox / entity / f"{entity}.csv", known)
    load_files(place)
    build(place, select=CREDIT)
    return place


@pytest.fixture(scope="module")
def verdicts(built: Workspace) -> dict[tuple[str, str], Verdict]:
    """What the models decide, by brand and order."""
    with opened(built) as connection:
        found = connection.execute(
            """
            select
                organization_id, order_id, attribution_status, coalesce(reason, ''), coalesce(match_method, ''),
                coalesce(campaign_id, ''), coalesce(recipient_id, ''), net_amount
            from marts.fct_order_attributions
            """
        ).fetchall()
    return {(brand, order): tuple(verdict) for brand, order, *verdict in found}


def test_every_order_has_an_expectation() -> None:
    assert [row["order_id"] for row in rows("orders")] == [row["order_id"] for row in rows("expected")]
    assert len(rows("orders")) >= 40


@pytest.mark.parametrize("expected", rows("expected"), ids=lambda row: row["order_id"])
def test_golden(expected: dict[str, str], verdicts: dict[tuple[str, str], Verdict]) -> None:
    story = next(row["note"] for row in rows("orders") if row["order_id"] == expected["order_id"])
    columns = ("status", "reason", "method", "campaign_id", "recipient_id")
    net_amount = Decimal(expected["net_amount"])
    first = (*(expected[column] for column in columns), net_amount)
    assert verdicts["acorn", expected["order_id"]] == first, story
    if expected["validate_first_status"]:
        first = (*(expected[f"validate_first_{column}"] for column in columns), net_amount)
    assert verdicts["acorn_validate_first", expected["order_id"]] == first, f"validate_then_rank: {story}"


def test_the_sensitivity_analysis_says_what_the_other_rule_gives(built: Workspace) -> None:
    """The brands differ in their rule alone, so each one's other rule is the other's rule in force."""
    sql = compile_analysis(built, "timing_rule_sensitivity")
    with opened(built) as connection:
        found = {(row[0], row[1]): row[3:] for row in connection.execute(sql).fetchall()}
    campaigns = [row["campaign_id"] for row in rows("campaigns")]
    first, second = BRANDS
    assert any(found[first, campaign][:2] != found[second, campaign][:2] for campaign in campaigns)
    for campaign in campaigns:
        assert found[first, campaign][2:] == found[second, campaign][:2]
        assert found[second, campaign][2:] == found[first, campaign][:2]


def test_explain_tells_why_and_shows_no_personal_data(built: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    told = {}
    for row in rows("orders"):
        explain(built, "acorn", row["order_id"])
        told[row["order_id"]] = capsys.readouterr().out
    assert "Verdict: attributed" in told["G01"]
    assert "earlier_mailing" in told["G18"]
    assert "because it came too soon after the mailing (min_age_days) (before_window)" in told["G12"]
    assert "No recipient or code matched it." in told["G49"]
    assert "It took part in no matching." in told["G41"]
    assert "active_subscription" in told["G09"]
    personal = [row[name] for row in rows("recipients") for name in ("email", "last_name", "address1") if row[name]]
    for text in told.values():
        assert not [value for value in personal if value in text]
