"""Shared by all tests: a workspace of its own for each test, and the long counts on demand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dlt_pipelines.build
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.sources.files.source import load_inbox
from tests.python import parsed


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` runs the randomised tests in full."""
    parser.addoption("--long", action="store_true", help="run only the long tests, in full")


# the files that take longest, longest first: the last file of any process must be a short one
LONGEST_FILES = (
    *(
        "test_incremental",
        "test_builds_property",
        "test_part_builds",
        "test_faults",
        "test_answers_fuzz",
        "test_documents",
        "test_commands",
        "test_publish",
        "test_ticks",
        "test_publish_faults",
        "test_quality",
        "test_addresses",
    ),
    *(
        "test_writers",
        "test_lift_simulation",
        "test_coverage",
        "test_estimators",
        "test_past",
        "test_asymmetry",
        "test_programme",
        "test_differential",
        "test_mailing_list",
        "test_statements",
    ),
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--long` only the tests that ask for `is_long`, or are marked so: the others have run in `make test`."""
    if config.getoption("--long"):
        items[:] = [
            item for item in items if item.get_closest_marker("long") or "is_long" in getattr(item, "fixturenames", ())
        ]
    places = {name: place for place, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session", autouse=True)
def parsed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Builds of this session share a dbt that has started and what it makes of the project (tests/python/parsed.py)."""
    base = tmp_path_factory.getbasetemp()
    # the processes of one session have a folder each, in one that is theirs
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch, parsed.serving(shared / "parsed.msgpack") as address:
        patch.setenv(parsed.VARIABLE, address)
        patch.setattr(dlt_pipelines.build, "DBT", parsed.DBT)
        yield


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether randomised tests run in full."""
    return bool(request.config.getoption("--long"))


def make_workspace(home: Path) -> Workspace:
    """An empty workspace with a configuration folder of its own."""
    place = Workspace.at(home).create()
    place.config.mkdir(exist_ok=True)
    return place


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return make_workspace(tmp_path)


@pytest.fixture(scope="module")
def new_place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Workspace]:
    """Makes empty workspaces for tests that share one build within a module."""
    return lambda name: make_workspace(tmp_path_factory.mktemp(name))


def load_files(place: Workspace) -> None:
    """Loads the inbox; every file of it must be good."""
    _, errors = load_inbox(place, read_organizations(place.config), lambda _name, _rows: None)
    assert not errors, errors


def compile_analysis(place: Workspace, name: str, **variables: str) -> str:
    """The SQL of an analysis, as compiled for a workspace."""
    return _compile(place, "--select", name, "--vars", json.dumps(variables))


def compile_inline(place: Workspace, sql: str) -> str:
    """A query with macros, as SQL."""
    return _compile(place, "--inline", sql)


def _compile(place: Workspace, *selection: str) -> str:
    printed = run_dbt(place, "--quiet", "compile", "--output", "json", *selection)
    sql: str = json.loads(printed[printed.index("{") :])["compiled"]
    return sql


def run_dbt(place: Workspace, *arguments: str) -> str:
    """What dbt prints, run for a workspace."""
    code, printed = try_dbt(place, *arguments)
    assert code == 0, printed[-3000:]
    return printed


def try_dbt(place: Workspace, *arguments: str) -> tuple[int, str]:
    """The exit code of dbt, run for a workspace, and what it prints."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", parsed.DBT_BY_HAND, *arguments),
            *("--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)),
        ],
        cwd=PROJECT_ROOT,
        env=os.environ | place.environment(),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


def ship_configuration(place: Workspace) -> None:
    """Copies the configuration seeds as they are shipped."""
    for name in ("organizations", "match_methods", "blackout_periods"):
        shipped = (PROJECT_ROOT / "seeds" / "config" / f"{name}.csv").read_bytes()
        (place.config / f"{name}.csv").write_bytes(shipped)
