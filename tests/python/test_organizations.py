"""A row of organizations.csv that is wrong is the trouble of its own organization."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlt_pipelines.errors import ConfigurationError, MatchbackError
from dlt_pipelines.organizations import left_out, naming_left_out, read_organizations

COLUMNS = [
    *("organization_id", "name", "status", "sync_orders", "provider", "publish_to"),
    *("country", "currency", "timezone", "email_domains"),
]
GOOD = ["acorn", "Acorn", "live", "true", "files", "odp", "US", "USD", "America/New_York", "@acorn.example | a.example"]
WRONG = {
    "an id with a slash": ("organization_id", "../acorn"),
    "an id of 101 characters": ("organization_id", "a" * 101),
    "no status": ("status", ""),
    "no boolean": ("sync_orders", "maybe"),
    "an unknown tool": ("publish_to", "odp|mailchimp"),
    "a whole address for a domain": ("email_domains", "acorn.example|jane@mail.example"),
    "a domain without a dot": ("email_domains", "acorn"),
    "a country's name": ("country", "United States"),
    "no currency of ISO 4217": ("currency", "USDT"),
    "a time zone that does not exist": ("timezone", "Mars/Olympus"),
    "a path for a time zone": ("timezone", "../../etc/passwd"),
}


def write(folder: Path, rows: list[list[str]], columns: list[str] = COLUMNS) -> None:
    with (folder / "organizations.csv").open("w", encoding="utf-8", newline="", errors="surrogatepass") as file:
        csv.writer(file).writerows([columns, *rows])


@pytest.mark.parametrize(("column", "value"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_leaves_its_own_organization_out(column: str, value: str, tmp_path: Path) -> None:
    wrong = ["birch", *GOOD[1:]]
    wrong[COLUMNS.index(column)] = value
    write(tmp_path, [wrong, GOOD])
    assert [one.organization_id for one in read_organizations(tmp_path)] == ["acorn"]
    [problem] = left_out(tmp_path)
    assert f"organizations.csv, line 2: {column} is '" in problem
    assert "jane" not in problem
    with pytest.raises(MatchbackError, match=r"line 2.*left out"), naming_left_out(tmp_path):
        pass


@pytest.mark.parametrize(("first", "second"), [("birch", "birch"), ("birch-1", "Birch.1")])
def test_two_that_settings_cannot_tell_apart_are_both_left_out(first: str, second: str, tmp_path: Path) -> None:
    write(tmp_path, [[first, *GOOD[1:]], GOOD, [second, *GOOD[1:]]])
    assert [one.organization_id for one in read_organizations(tmp_path)] == ["acorn"]
    assert len(left_out(tmp_path)) == len({first, second})


def test_empty_values_are_defaults(tmp_path: Path) -> None:
    write(tmp_path, [[*GOOD[:5], "", "", "", ""]])
    assert len(read_organizations(tmp_path)) == 1
    with naming_left_out(tmp_path):
        pass


NO_FILES = {
    "not UTF-8": (",".join(COLUMNS) + "\n").encode() + b"caf\xe9,x\n",
    "more fields than columns": (",".join(COLUMNS) + "\n" + ",".join([*GOOD, "more"]) + "\n").encode(),
    "no CSV": (",".join(COLUMNS) + '\n"acorn"x,1\n').encode(),
    "a column twice": (",".join([*COLUMNS, "name"]) + "\n").encode(),
    "empty": b"",
}


@pytest.mark.parametrize("content", NO_FILES.values(), ids=NO_FILES.keys())
def test_a_file_that_cannot_be_read_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "organizations.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"organizations\.csv"):
        read_organizations(tmp_path)


ROWS = st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=9, max_size=9), max_size=5)


@given(rows=ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_other_rows_hold_the_good_one_is_read(rows: list[list[str]], tmp_path: Path) -> None:
    write(tmp_path, [*rows, GOOD])
    assert "acorn" in [one.organization_id for one in read_organizations(tmp_path)]
    assert all(problem.isprintable() for problem in left_out(tmp_path))
