"""The draw: by household, once and for good, close to the designed share, and without whoever must not be mailed."""

from __future__ import annotations

import csv
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from scipy import stats

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.load import load
from dlt_pipelines.mailing_list import draw
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import END, JUNIPER, build_world

CAMPAIGN = "advent_preview"


@pytest.fixture(scope="module")
def built(new_place: Callable[[str], Workspace]) -> Workspace:
    """A built workspace with an audience of several hundred that nobody has drawn yet."""
    place = new_place("draw")
    world = build_world(8, 0.5, [JUNIPER])
    write_configuration(place.config, world)
    path = place.config / "organizations.csv"
    # a tenth of all households is never mailed
    path.write_text(path.read_text(encoding="utf-8").replace("New_York,,", "New_York,0.1,"), encoding="utf-8")
    write_inbox(place.inbox, world)
    with server.running(world) as base_url, pytest.MonkeyPatch.context() as patch:
        for variable, value in server.settings(world, base_url).items():
            patch.setenv(variable, value)
        assert not load(place).errors
    build(place, select="+int_audience_eligibility +dim_campaigns")
    return place


def assignments(place: Workspace) -> list[tuple[str, str, str]]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return connection.execute(
            "select recipient_id, household_key, arm from ops.assignments where campaign_id = ? order by all",
            [CAMPAIGN],
        ).fetchall()


def lists(place: Workspace) -> list[Path]:
    return sorted((place.outbox / "mailing_lists" / "juniper").glob("*.csv"))


@pytest.fixture
def hostile(built: Workspace, place: Workspace) -> Workspace:
    """The same audience of a campaign whose id is a path, and members whose names are formulas."""
    shutil.copytree(built.config, place.config, dirs_exist_ok=True)
    shutil.copy(built.database, place.database)
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("delete from ops.assignments")
        for table in ("marts.dim_campaigns", "intermediate.int_audience_eligibility"):
            connection.execute(f"update {table} set campaign_id = ? where campaign_id = ?", [HOSTILE, CAMPAIGN])
        connection.execute(
            "update intermediate.int_audience_members set campaign_id = ?, first_name = ? where campaign_id = ?",
            [HOSTILE, FORMULA, CAMPAIGN],
        )
    return place


HOSTILE, FORMULA = "../../../x/\n=1", "=HYPERLINK(1)"


def drawn(place: Workspace) -> int:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return int(connection.execute("select count(*) from ops.assignments").fetchall()[0][0])


def test_an_id_decides_no_path_and_a_name_is_no_formula(hostile: Workspace) -> None:
    before = {*hostile.home.rglob("*"), *hostile.home.parent.glob("*")}
    draw(hostile, HOSTILE, None)
    members = drawn(hostile)
    assert members > 100
    new = {*hostile.home.rglob("*"), *hostile.home.parent.glob("*")} - before
    assert [path for path in new if path.is_file()] == lists(hostile)
    with lists(hostile)[0].open(encoding="utf-8", newline="") as lines:
        assert {row["first_name"] for row in csv.DictReader(lines)} == {f"'{FORMULA}"}
    draw(hostile, HOSTILE, None)
    assert (drawn(hostile), len(lists(hostile))) == (members, 1), "drawn once, written once"


def test_nobody_is_drawn_for_a_list_that_cannot_be_written(hostile: Workspace) -> None:
    hostile.outbox.rmdir()
    hostile.outbox.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(MatchbackError, match="a folder is needed"):
        draw(hostile, HOSTILE, None)
    assert drawn(hostile) == 0
    hostile.outbox.unlink()
    draw(hostile, HOSTILE, None)
    assert drawn(hostile) > 0


def test_a_list_that_a_full_disk_cut_off_is_written_by_the_next_call(
    hostile: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_member: object) -> object:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("dlt_pipelines.mailing_list.cell_for_people", full)
        with pytest.raises(MatchbackError, match="the disk is full"):
            draw(hostile, HOSTILE, None)
    members = drawn(hostile)
    assert members > 0
    assert not [path for path in hostile.outbox.rglob("*") if path.is_file()], "nothing half-written"
    draw(hostile, HOSTILE, None)
    assert (drawn(hostile), len(lists(hostile))) == (members, 1)


def test_a_draw_is_by_household_once_and_for_good(built: Workspace) -> None:
    draw(built, CAMPAIGN, None)
    first = assignments(built)
    arms: dict[str, set[str]] = {}
    for _, household, arm in first:
        arms.setdefault(household, set()).add(arm)
    assert all(len(one) == 1 for one in arms.values()), "a household has one arm"
    held_out = sum(one == {"holdout"} for one in arms.values())
    fewest, most = stats.binom.interval(0.999, len(arms), 0.1)
    assert fewest <= held_out <= most
    with lists(built)[0].open(encoding="utf-8", newline="") as lines:
        listed = [row["recipient_id"] for row in csv.DictReader(lines)]
    assert listed == [recipient for recipient, _, arm in first if arm == "mailed"], (
        "the print house gets the mailed arm"
    )

    draw(built, CAMPAIGN, "juniper")
    assert assignments(built) == first
    assert len(lists(built)) == 1

    # killed after the draw and before the list was written: the list comes, the draw stays
    written = lists(built)[0].read_bytes()
    lists(built)[0].unlink()
    draw(built, CAMPAIGN, None)
    assert assignments(built) == first
    assert [path.read_bytes() for path in lists(built)] == [written]


def test_a_member_who_comes_later_gets_the_arm_of_the_household(built: Workspace) -> None:
    draw(built, CAMPAIGN, None)
    before = assignments(built)
    households = [household for _, household, _ in before]
    held_out = next(row for row in before if row[2] == "holdout" and households.count(row[1]) == 1)
    with duckdb.connect(str(built.database)) as connection:
        connection.execute("delete from ops.assignments where recipient_id = ?", [held_out[0]])
        connection.execute(
            """
            insert into ops.assignments
            select organization_id, campaign_id, 'spouse', ?, 'mailed', holdout_share, salt_id, assigned_at
            from ops.assignments
            limit 1
            """,
            [held_out[1]],
        )
    draw(built, CAMPAIGN, None)
    assert {recipient: arm for recipient, _, arm in assignments(built)}[held_out[0]] == "mailed"


def test_nobody_is_drawn_who_must_not_be_mailed(built: Workspace) -> None:
    draw(built, CAMPAIGN, None)
    with duckdb.connect(str(built.database), read_only=True) as connection:
        barred = connection.execute(
            """
            select count(*)
            from ops.assignments as drawn
            inner join intermediate.int_audience_eligibility as members
                using (organization_id, campaign_id, recipient_id)
            where members.reason is not null
            """
        ).fetchall()
        globally = connection.execute(
            """
            select count(*), count(*) filter (where is_held_out)
            from ops.global_holdouts
            """
        ).fetchall()[0]
        mixed = connection.execute(
            """
            select count(*)
            from ops.assignments as drawn
            inner join ops.global_holdouts as held using (organization_id, household_key)
            where held.is_held_out
            """
        ).fetchall()
    assert barred == [(0,)]
    assert mixed == [(0,)]
    fewest, most = stats.binom.interval(0.999, globally[0], 0.1)
    assert fewest <= globally[1] <= most


@pytest.mark.parametrize(
    ("campaign", "organization", "message"),
    [
        ("nothing", None, "No campaign 'nothing' was built"),
        (CAMPAIGN, "larkfield", "No campaign 'advent_preview' was built"),
    ],
)
def test_a_campaign_that_cannot_be_drawn_is_named(
    campaign: str, organization: str | None, message: str, built: Workspace
) -> None:
    with pytest.raises(MatchbackError, match=message):
        draw(built, campaign, organization)


def test_whoever_was_drawn_is_a_recipient_of_the_next_build_with_arm_and_household(built: Workspace) -> None:
    draw(built, CAMPAIGN, None)
    build(built, select="+int_lift__outcomes +int_audience_eligibility")
    with duckdb.connect(str(built.database), read_only=True) as connection:
        differing = connection.execute(
            """
            select count(*), count(outcomes.recipient_id)
            from ops.assignments as drawn
            left join intermediate.int_lift__outcomes as outcomes
                on drawn.organization_id = outcomes.organization_id
                and drawn.campaign_id = outcomes.campaign_id
                and drawn.recipient_id = outcomes.recipient_id
                and outcomes.is_holdout = (drawn.arm = 'holdout')
                and outcomes.household_key = 'household:' || drawn.household_key
                and outcomes.created_at = drawn.assigned_at
            where drawn.campaign_id = ? and drawn.recipient_id <> 'spouse'
            """,
            [CAMPAIGN],
        ).fetchall()[0]
        undrawn = connection.execute(
            "select count(*) from intermediate.int_audience_eligibility where campaign_id = ? and reason is null",
            [CAMPAIGN],
        ).fetchall()
    assert differing[0] > 100
    assert differing[0] == differing[1]
    # the global holdout alone may be drawn in no campaign
    with duckdb.connect(str(built.database), read_only=True) as connection:
        held = connection.execute(
            """
            select count(*)
            from intermediate.int_audience_eligibility as members
            inner join ops.global_holdouts as held using (organization_id, household_key)
            where members.campaign_id = ? and members.reason is null and held.is_held_out
            """,
            [CAMPAIGN],
        ).fetchall()
    assert undrawn == held


def test_a_global_holdout_that_came_after_the_mail_finds_nothing(built: Workspace) -> None:
    """Dated back to the start of the world: no campaign has heeded it, so both arms ordered alike."""
    draw(built, CAMPAIGN, None)
    with duckdb.connect(str(built.database)) as connection:
        connection.execute("update ops.global_holdouts set drawn_at = timestamp '2026-04-15'")
    build(built, {"as_of": f"{END:%Y-%m-%d %H:%M:%S}"}, select="+fct_programme_lift")
    with duckdb.connect(str(built.database), read_only=True) as connection:
        drawn = connection.execute(
            """
            select count(*) filter (where not is_held_out), count(*) filter (where is_held_out)
            from ops.global_holdouts
            """
        ).fetchall()[0]
        lift = connection.execute(
            """
            select treated_households, holdout_households, absolute_lift, absolute_lift_standard_error, lift_status
            from marts.fct_programme_lift
            where organization_id = 'juniper' and estimator = 'global_holdout' and metric = 'orders_per_household'
            """
        ).fetchall()[0]
    # a household without an e-mail or address of its own cannot be found, in either arm
    assert all(0.9 * count <= households <= count for count, households in zip(drawn, lift, strict=False))
    assert lift[4] == "ok"
    assert abs(lift[2]) < 3.5 * lift[3]
