"""Prose is tested: generated tables are up to date, links lead somewhere, and the README shows what the demo prints."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from dlt_pipelines.config import PROJECT_ROOT

README = PROJECT_ROOT / "README.md"
DOCUMENTS = [README, PROJECT_ROOT / "CONTRIBUTING.md", *sorted((PROJECT_ROOT / "docs").rglob("*.md"))]
DEMO = """
from pathlib import Path
import sys
from dlt_pipelines.demo import demo
demo(1.0, 1, Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    specification = importlib.util.spec_from_file_location("tables", PROJECT_ROOT / "docs" / "tables.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_generated_tables_are_up_to_date(path: Path, tables: ModuleType) -> None:
    text = path.read_text(encoding="utf-8")
    assert tables.with_tables(text) == text, "run `make docs`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_mart_of_the_project_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for path in (PROJECT_ROOT / "models" / "marts").rglob("*.sql"):
        assert f"`marts.{path.stem}`" in text


@pytest.mark.parametrize("path", sorted((PROJECT_ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.name)
def test_every_benchmark_finds_what_it_imports(path: Path) -> None:
    importing = f"import sys; sys.path.insert(0, {str(path.parent)!r}); import {path.stem}"
    done = subprocess.run([sys.executable, "-c", importing], capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert done.returncode == 0, done.stderr


def demo_output(home: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if "__" not in name}
    done = subprocess.run(
        [sys.executable, "-c", DEMO, str(home)],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, "no stray warnings"
    return done.stdout


def results(output: str) -> list[str]:
    """The tables of verdicts and lift, which do not depend on the machine."""
    lines = [line.rstrip() for line in output.splitlines()]
    return lines[lines.index("Orders by verdict and method") : lines.index("Try next:")]


def test_the_demo_prints_what_the_readme_shows_and_again_the_same(tmp_path: Path) -> None:
    first, second = demo_output(tmp_path), demo_output(tmp_path)
    assert results(first) == results(second)
    assert re.search(r"\(inbox\) +files +0 +0 ", second)
    assert re.search(r"juniper +klaviyo +[\d,]+ +0 ", second)
    for brand in ("larkfield", "marlow"):
        assert re.search(rf"{brand} +order_events +[1-9]\d* +[1-9][\d,]+ ", first)
        assert re.search(rf"{brand} +order_events +0 +0 +[1-9]", second), "what was published is not sent again"
    shown = re.search(
        r"<!-- demo -->\n```text\n(.*?)```\n<!-- end demo -->", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert shown is not None
    start = next(number for number, line in enumerate(results(first)) if line.startswith("Lift:"))
    assert shown.group(1).rstrip().splitlines() == [line for line in results(first)[start:] if line]
    queries = re.search(r"```sql\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert queries is not None
    with duckdb.connect(str(tmp_path / "matchback.duckdb"), read_only=True) as connection:
        for query in filter(str.strip, queries.group(1).split(";")):
            assert connection.execute(query).fetchall(), query
