"""Column-by-column merging of statements, against a plain dictionary, whatever the order in which files come."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from tests.python.conftest import load_files

COLUMNS = ("email", "segment", "discount_code", "city")
EPOCH = datetime(2026, 5, 1, tzinfo=UTC)
Statement = tuple[int, datetime | None, dict[str, str]]


def write_world(place: Workspace, files: dict[str, tuple[datetime, list[Statement]]], names: list[str]) -> None:
    """Writes the named files; a statement is (recipient, updated_at or None, values)."""
    (place.config / "organizations.csv").write_text(
        "organization_id,name,status,sync_orders,provider,publish_to,email_domains,country,currency,timezone,"
        "global_holdout_share,timing_rule,address_max_tier\nacorn,Acorn,live,true,files,,,US,USD,UTC,,,\n",
        encoding="utf-8",
    )
    for name, content in (("match_methods", "match_method,priority,is_enabled,max_recipients_per_key,rationale\n"),):
        (place.config / f"{name}.csv").write_text(content, encoding="utf-8")
    (place.config / "blackout_periods.csv").write_text("organization_id,starts_at,ends_at,reason\n", encoding="utf-8")
    for folder in ("campaigns", "recipients"):
        (place.inbox / folder).mkdir(exist_ok=True)
    (place.inbox / "campaigns" / "c.csv").write_text("organization_id,campaign_id,name\nacorn,c,C\n", encoding="utf-8")
    for name in names:
        modified_at, statements = files[name]
        columns = sorted({column for _, _, values in statements for column in values})
        path = place.inbox / "recipients" / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["organization_id", "campaign_id", "recipient_id", "updated_at", *columns])
            for recipient, updated_at, values in statements:
                cells = [values[column] for column in columns]
                writer.writerow(["acorn", "c", f"r{recipient}", updated_at.isoformat() if updated_at else "", *cells])
        os.utime(path, (modified_at.timestamp(), modified_at.timestamp()))


def latest(place: Workspace) -> dict[str, dict[str, str | None]]:
    build(place, select="+int_recipients__latest")
    with opened(place) as connection:
        found = connection.execute(
            f"select recipient_id, {', '.join(COLUMNS)} from intermediate.int_recipients__latest"
        ).fetchall()
    return {recipient: dict(zip(COLUMNS, values, strict=True)) for recipient, *values in found}


def naive(files: dict[str, tuple[datetime, list[Statement]]]) -> dict[str, dict[str, str | None]]:
    """Every statement in the order of its time, then file name, then row, written over what was there."""
    said = sorted(
        (updated_at or modified_at, name, row, recipient, values)
        for name, (modified_at, statements) in files.items()
        for row, (recipient, updated_at, values) in enumerate(statements)
    )
    merged: dict[str, dict[str, str | None]] = {}
    for _, _, _, recipient, values in said:
        row = merged.setdefault(f"r{recipient}", dict.fromkeys(COLUMNS))
        row.update({column: value or None for column, value in values.items() if column in COLUMNS})
    return merged


def random_files(dice: random.Random) -> dict[str, tuple[datetime, list[Statement]]]:
    """Files that overlap in keys, columns and times, ties included."""
    files: dict[str, tuple[datetime, list[Statement]]] = {
        # the draw gives everybody an arm
        "draw.csv": (
            EPOCH,
            [(number, None, {"is_holdout": "false", "created_at": "2026-05-01T09:00:00Z"}) for number in range(60)],
        )
    }
    for number in range(8):
        columns = dice.sample(COLUMNS, dice.randint(1, 3))
        statements: list[Statement] = []
        undated: set[int] = set()
        for _ in range(80):
            recipient, said_at = dice.randrange(60), EPOCH + timedelta(days=dice.randint(0, 5))
            # of two rows of one file that contradict each other, one says when
            updated_at = said_at if recipient in undated else dice.choice([None, said_at])
            undated |= {recipient} if updated_at is None else set()
            values = {column: dice.choice(["", "x", "y", "z"]) for column in columns}
            statements.append((recipient, updated_at, values))
        files[f"f{number}.csv"] = (EPOCH + timedelta(days=dice.randint(0, 4)), statements)
    return files


def test_merging_is_that_of_a_dictionary_whatever_the_order_of_arrival(new_place: Callable[[str], Workspace]) -> None:
    dice = random.Random(20261121)
    files = random_files(dice)
    at_once, one_by_one = new_place("at_once"), new_place("one_by_one")
    write_world(at_once, files, list(files))
    load_files(at_once)
    for name in dice.sample(list(files), len(files)):
        write_world(one_by_one, files, [name])
        load_files(one_by_one)
    expected = naive(files)
    assert latest(at_once) == expected
    assert latest(one_by_one) == expected


def test_a_withdrawn_row_leaves_nothing_behind_and_a_reworded_one_counts_as_it_is_now(
    new_place: Callable[[str], Workspace],
) -> None:
    place = new_place("withdrawn")
    arm = {"is_holdout": "false", "created_at": "2026-05-01T09:00:00Z"}
    files: dict[str, tuple[datetime, list[Statement]]] = {
        "draw.csv": (EPOCH, [(1, None, arm), (2, None, arm), (3, None, arm)]),
        "more.csv": (
            EPOCH + timedelta(days=1),
            [
                (1, None, {"email": "a@mail.example", "city": "Dunmoor"}),
                (2, None, {"email": "b@mail.example", "city": ""}),
            ],
        ),
    }
    write_world(place, files, list(files))
    load_files(place)
    files["draw.csv"] = (EPOCH + timedelta(days=2), [(1, None, arm), (2, None, arm)])
    files["more.csv"] = (EPOCH + timedelta(days=2), [(1, None, {"email": "c@mail.example"})])
    write_world(place, files, list(files))
    load_files(place)
    assert latest(place) == naive(files)
