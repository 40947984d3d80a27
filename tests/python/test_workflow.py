"""The scheduled workflow's own shell steps, with a store that fails on demand: nothing is lost or sent twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dlt_pipelines.config import PROJECT_ROOT

WORKFLOW = PROJECT_ROOT / ".github" / "workflows" / "matchback.yml"

# matchback with its announcements and its command line; it loads and builds nothing, and what it sends is a row of a
# ledger in the database and a line in a file
MATCHBACK = """
import os
from contextlib import contextmanager
from pathlib import Path
import duckdb
from dlt_pipelines import cli, run, snapshot
from dlt_pipelines.quality import check

def publish(place):
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("create table if not exists ledger (event integer)")
        for event in range(3):
            if not connection.execute("select 1 from ledger where event = ?", [event]).fetchall():
                with Path(os.environ["SENT"]).open("a") as sent:
                    sent.write(f"{event}\\n")
                connection.execute("insert into ledger values (?)", [event])
    return []

run._load = lambda place: []
run.build = lambda place, select: None
run._show_waiting = lambda place: None
run.publish = publish
snapshot.snapshot = lambda place: None
check.check = lambda place: check.CheckReport()
cli.main()
"""


@dataclass
class Runner:
    """A fresh machine for each run, a store that stays, and what the tool was sent."""

    folder: Path
    runs: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def stored(self) -> Path:
        return self.folder / "store" / "matchback.duckdb"

    def sent(self) -> list[int]:
        path = self.folder / "sent"
        return [int(line) for line in path.read_text(encoding="utf-8").split()] if path.exists() else []

    def run(self, *, restore: str = "true", saves: str = "true true", **inputs: bool) -> bool:
        """Runs the workflow's steps that are ours; says whether all went well.

        Args:
            restore: Whether the store gives, as a shell command.
            saves: The same of each save, in their order.
            inputs: What a person ticked.
        """
        self.runs += 1
        machine = self.folder / f"machine{self.runs}"
        (machine / ".venv" / "bin").mkdir(parents=True)
        (machine / "matchback.py").write_text(MATCHBACK, encoding="utf-8")
        tool = machine / ".venv" / "bin" / "matchback"
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} {machine}/matchback.py "$@"\n', encoding="utf-8")
        tool.chmod(0o755)
        self.stored.parent.mkdir(exist_ok=True)
        (machine / "saves").write_text("\n".join(saves.split()) + "\n", encoding="utf-8")
        environment = os.environ | {
            "PYTHONPATH": str(PROJECT_ROOT),
            "MATCHBACK_HOME": str(machine / "data"),
            "MATCHBACK_CONFIG": str(self.folder),
            "SENT": str(self.folder / "sent"),
            "STORE_SETTINGS": f"STORE={self.stored.parent}",
            "RESTORE": f"{restore} && cp $STORE/matchback.duckdb data/",
            "SAVE": 'next=$(head -1 saves); sed -i 1d saves; $next && cp data/matchback.duckdb "$STORE/"',
            "SETTINGS": "",
            "TICK": f"tick{self.runs}",
            "FIRST_RUN": str(inputs.get("first_run", False)).lower(),
            "LEDGER_LOST": str(inputs.get("ledger_lost", False)).lower(),
        }
        self.outcomes = {}
        for step in steps():
            name = step.get("id", step["name"])
            if not self._is_due(step.get("if", "${{ success() }}"), machine):
                self.outcomes[name] = "skipped"
                continue
            done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=machine, env=environment, capture_output=True)
            self.outcomes[name] = "failure" if done.returncode else "success"
        return "failure" not in self.outcomes.values()

    def _is_due(self, condition: str, machine: Path) -> bool:
        """A step's condition as GitHub reads it."""
        expression = condition.removeprefix("${{").removesuffix("}}").strip()
        if not re.search(r"success\(\)|always\(\)|cancelled\(\)", expression):
            expression = f"success() && ({expression})"
        for written, meant in (
            ("!cancelled()", "True"),
            ("always()", "True"),
            ("success()", str("failure" not in self.outcomes.values())),
            ("hashFiles('data/matchback.duckdb')", repr("x" * (machine / "data" / "matchback.duckdb").exists())),
            ("&&", "and"),
        ):
            expression = expression.replace(written, meant)
        expression = re.sub(r"steps\.(\w+)\.outcome", lambda found: repr(self.outcomes[found[1]]), expression)
        return bool(eval(expression, {"__builtins__": {}}))


def steps() -> list[dict[str, Any]]:
    """The workflow's steps that have a name; those before set the machine up."""
    job = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["run"]
    return [step for step in job["steps"] if "name" in step]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    (tmp_path / "organizations.csv").write_text(
        "organization_id,name,status,sync_orders,provider,country,currency\n", encoding="utf-8"
    )
    return Runner(tmp_path)


@pytest.fixture
def begun(runner: Runner) -> Runner:
    assert runner.run(first_run=True), runner.outcomes
    assert runner.sent() == [0, 1, 2]
    return runner


def test_the_next_run_sends_nothing_anew(begun: Runner) -> None:
    assert begun.run()
    assert begun.sent() == [0, 1, 2]


def test_what_cannot_be_restored_is_never_saved_over(begun: Runner) -> None:
    kept = begun.stored.read_bytes()
    assert not begun.run(restore="false")
    assert begun.stored.read_bytes() == kept
    assert begun.sent() == [0, 1, 2]
    assert {begun.outcomes[name] for name in ("build", "save", "publish", "Save the ledger")} == {"skipped"}


def test_a_first_run_begins_only_where_there_is_nothing(begun: Runner) -> None:
    kept = begun.stored.read_bytes()
    assert not begun.run(first_run=True)
    assert begun.stored.read_bytes() == kept
    assert begun.sent() == [0, 1, 2]


def test_a_run_that_is_no_first_one_needs_a_database(runner: Runner) -> None:
    assert not runner.run()
    assert not runner.stored.exists()


def test_nothing_is_sent_where_the_database_cannot_be_saved_before(runner: Runner) -> None:
    assert not runner.run(first_run=True, saves="false true")
    assert runner.sent() == []
    assert runner.run(first_run=True)
    assert runner.sent() == [0, 1, 2]


def test_a_ledger_that_was_lost_stops_publishing_until_a_person_has_looked(runner: Runner) -> None:
    assert not runner.run(first_run=True, saves="true false")
    assert runner.sent() == [0, 1, 2], "sent, and the ledger is gone"
    for _ in range(2):
        assert not runner.run()
        assert runner.sent() == [0, 1, 2]
    assert runner.run(ledger_lost=True)
    assert runner.sent() == [0, 1, 2, 0, 1, 2], "as the person said"
    assert runner.run()
    assert len(runner.sent()) == 6


def test_the_store_holds_no_announcement_after_a_run(begun: Runner) -> None:
    with duckdb.connect(str(begun.stored), read_only=True) as connection:
        assert connection.execute("select count(*) from ops.announced_publishing").fetchall() == [(0,)]
