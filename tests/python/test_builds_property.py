"""Whatever dbt is told between ticks, the log has no event that a history of whole builds would not have."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
from collections.abc import Callable, Mapping

import duckdb
import pytest

from dlt_pipelines.build import CREDIT
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from tests.python.conftest import load_files, run_dbt, try_dbt
from tests.python.histories import History

STEPS, SAMPLE_STEPS = 8, 2
COMMANDS, SAMPLE_COMMANDS = 12, 2
WHOLE = ("run", "--select", *CREDIT.split())
MODELS = sorted(path.relative_to(PROJECT_ROOT) for path in PROJECT_ROOT.glob("models/**/*.sql"))
# what most commands name a part of
CREDIT_FOLDERS = {"matching", "orders", "recipients", "build"}
SEEDS = ("match_methods", "organizations", "unmatchable_emails", "address_vocabulary")
REFUSED = "The credit is built as a whole or not at all"
# all that an event says but when it was said, and for which cause
EVENTS = "select * exclude (decided_at, changed_input) from marts.fct_attribution_events order by all"
VERDICTS = "select * from marts.fct_order_attributions order by all"


class Commands:
    """Random commands of dbt, as somebody types them who wants a part, or all, of anything."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._kinds = ["run", "run", "run", "build", "full_refresh", "excluding", "types", "other", "retry", "whole"]
        self._next: list[str] = []

    def draw(self) -> list[str]:
        """The next one; every kind comes before one comes again."""
        if not self._next:
            self._next = self._dice.sample(self._kinds, k=len(self._kinds))
        dice, parts = self._dice, self._parts()
        drawn: dict[str, Callable[[], list[str]]] = {
            "run": lambda: ["run", "--select", *parts],
            "build": lambda: ["build", "--exclude-resource-type", "unit_test", "--select", *parts],
            "full_refresh": lambda: ["run", "--full-refresh", "--select", *parts],
            "excluding": lambda: [*WHOLE, "--exclude", *parts],
            "types": lambda: ["build", "--resource-type", dice.choice(("model", "seed")), "--select", *parts],
            "other": lambda: [dice.choice(("compile", "seed")), "--select", *parts],
            "retry": lambda: ["retry"],
            "whole": lambda: [*WHOLE, *dice.choice(((), ("--full-refresh",), ("--empty",)))],
        }
        return drawn[self._next.pop()]()

    def _parts(self) -> list[str]:
        dice = self._dice
        credit = [path for path in MODELS if CREDIT_FOLDERS & set(path.parts)]
        chosen = dice.sample(credit, k=dice.randint(1, 3)) + dice.sample(MODELS, k=dice.randint(0, 1))
        return [dice.choice((path.stem, f"{path.stem}+", f"+{path.stem}", f"path:{path.parent}")) for path in chosen]


def query(place: Workspace, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def told(place: Workspace) -> tuple[list[tuple[object, ...]], ...]:
    """What a whole build leaves: when it was, the log and the verdicts."""
    return query(place, "select completed_at from ops.build_state"), query(place, EVENTS), query(place, VERDICTS)


def break_off(place: Workspace, dice: random.Random, variables: Mapping[str, str | bool]) -> None:
    """A whole build that breaks in the middle, where something it reads is not there."""
    seed = dice.choice(SEEDS)
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(f"alter table config.{seed} rename to mislaid")
    code, _ = try_dbt(place, *WHOLE, "--vars", json.dumps(variables))
    assert code != 0
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(f"alter table config.mislaid rename to {seed}")


@pytest.mark.long
def test_the_log_has_no_event_that_whole_builds_would_not_tell(
    new_place: Callable[[str], Workspace], is_long: bool
) -> None:
    """Two databases of one history: in one, random commands run between loads and builds."""
    dice = random.Random(20261127)
    wild, elsewhere = new_place("wild"), new_place("plain")
    plain = dataclasses.replace(elsewhere, inbox=wild.inbox, config=wild.config)
    history, commands = History(wild, 10 if is_long else 4, seed=11), Commands(dice)
    refused = built = 0
    for step in range(STEPS if is_long else SAMPLE_STEPS):
        variables = history.step()
        said = ("--vars", json.dumps(variables))
        for place in (wild, plain):
            load_files(place)
            # the first build is made once, and copied
            if step or place is wild:
                run_dbt(place, "seed")
        if step:
            break_off(wild, dice, variables)
        for _ in range((COMMANDS if is_long else SAMPLE_COMMANDS) if step else 0):
            before = told(wild)
            command = commands.draw()
            _, printed = try_dbt(wild, *command, *(() if command == ["retry"] else said))
            refused += REFUSED in printed
            if told(wild) != before:
                # it was a whole one, so a history of whole ones has it as well
                built += 1
                assert REFUSED not in printed, command
                run_dbt(plain, *WHOLE, *said)
                assert told(wild)[1:] == told(plain)[1:], command
        run_dbt(wild, *WHOLE, *said)
        if step:
            run_dbt(plain, *WHOLE, *said)
        else:
            shutil.copy(wild.database, plain.database)
        assert told(wild)[1:] == told(plain)[1:], f"step {step}"
    print(f"\n{refused} commands were refused, {built} were whole builds")
    assert refused
