"""Campaigns whose times cannot be meant are named: codes without a launch, arms that came after the mail."""

from __future__ import annotations

import duckdb
import pytest

from dlt_pipelines import doctor, explain
from dlt_pipelines.config import Workspace
from dlt_pipelines.explain import without_launch
from dlt_pipelines.quality.findings import late_arms
from tests.python.conftest import ship_configuration

CAMPAIGNS = """
create schema marts;
create table marts.dim_campaigns as
from (values
    ('acorn', 'never', 'OPEN15', null),
    ('acorn', 'launched', 'OPEN20', timestamp '2026-05-01'),
    ('acorn', 'codeless', null, null),
    ('oak', 'never_too', 'A|B', null)
) as campaigns (organization_id, campaign_id, discount_codes, launched_at);
create table marts.fct_attribution_events as
from (values
    (1, 'acorn', 'o1', 'unmatched', false, 10.00, 'USD', timestamp '2026-05-02')
) as events (
    event_number, organization_id, order_id, attribution_status, is_withdrawn, total_amount, currency, ordered_at
);
alter table marts.fct_attribution_events add column net_amount decimal(18, 4) default 10;
alter table marts.fct_attribution_events add column decided_at timestamp default '2026-05-03';
"""
NULL_COLUMNS = {
    "fct_attribution_events": "reason campaign_id recipient_id match_method changed_input days_since_window_start",
    "fct_match_candidates": "organization_id order_id match_rank match_method matched_on match_reason campaign_id "
    "recipient_id window_start_at timing_status lost_reason competing_recipients",
}


@pytest.fixture
def built(place: Workspace) -> Workspace:
    ship_configuration(place)
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(CAMPAIGNS)
        connection.execute("create table marts.fct_match_candidates (organization_id varchar)")
        for table, names in NULL_COLUMNS.items():
            for name in names.split():
                connection.execute(f"alter table marts.{table} add column if not exists {name} varchar")
    return place


def test_a_campaign_with_codes_and_no_launch_is_named(built: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert without_launch(built.database) == [("acorn", "never"), ("oak", "never_too")]
    doctor.examine(built)
    assert "organization acorn: the codes of the campaign 'never' can match no order, for it has no launched_at" in (
        capsys.readouterr().out
    )


def test_explain_names_those_of_the_orders_brand(built: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    explain.explain(built, "acorn", "o1")
    said = capsys.readouterr().out
    assert "No recipient or code matched it." in said
    assert "the campaign 'never' can match no order" in said
    assert "never_too" not in said


def test_arms_that_came_after_the_mail_are_named_though_two_files_say_so(place: Workspace) -> None:
    assert late_arms(place.database) == [], "before the first build"
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            """
            create table intermediate.int_recipients__latest as
            from (values
                ('acorn', 'late', timestamp '2026-05-02', timestamp '2026-05-01'),
                ('acorn', 'late', '2026-05-02', null),
                ('acorn', 'mixed', '2026-05-02', '2026-05-01'),
                ('acorn', 'mixed', '2026-05-01', '2026-05-01'),
                ('oak', 'unsent', '2026-05-02', null)
            ) as recipients (organization_id, campaign_id, created_at, sent_at)
            """
        )
    [sentence] = late_arms(place.database)
    assert sentence.startswith("organization acorn: all recipients of the campaign 'late' have a created_at after")
