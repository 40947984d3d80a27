"""What comes from outside is named in messages, never quoted beyond that, and is a command to nobody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlt_pipelines import console
from dlt_pipelines.cli import main
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.wording import foreign, frames, printable, shown, unforeseen, without_values

HOSTILE = (
    "::error::x",
    "  ::set-env name=a::b",
    "a ##[error]b",
    "\x1b[2J",
    "\u202eevil",
    "\ud800",
    "a\r\n::stop::",
    "\0",
)
ANYTHING = st.text(st.characters()) | st.sampled_from(HOSTILE)


def is_harmless(line: str) -> bool:
    """Whether a terminal and the runner of GitHub Actions take a line for a text."""
    return line.isprintable() and not line.lstrip().startswith("::") and "##[" not in line


@given(ANYTHING, st.integers(10, 400))
@example("x" * 100_000, 80)
def test_a_name_is_shown_short_and_printable(text: str, limit: int) -> None:
    for words in (shown(text, limit), foreign(text, limit)):
        assert len(words) <= limit
        assert is_harmless(words)
    assert all(is_harmless(line) for line in printable(text).split("\n"))


@given(st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=80).filter(is_harmless))
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert shown(name) == printable(name) == name


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert shown("orders/" + "a" * 200 + ".csv", 30) == "orders/" + "a" * 13 + "…" + "a" * 5 + ".csv"


SECRETS = {
    "jane.doe+x@example.com": "Profile {} exists",
    '"jane doe"@example.com': "Profile {} exists",
    "jane%40example.com": "no such path /profiles/{}",
    "+1 (212) 555-0199": "phone {} is not valid",
    "+4915112345678": "phone number {} is invalid.",
    "4111111111111111": "card {}",
    "sk_live_9f8e7d6c": "key {} was revoked",
    "shpat_0123456789abcdef0123456789abcdef": "[API] Invalid API key or access token: {}",
    "pk_abc123": "the Klaviyo-API-Key {} is refused",
    "dGVzdDp0ZXN0": "Header Authorization: Basic {}",
    "abcDEF.ghi-jkl": "the Bearer {} has expired",
    "hunter2": "https://admin:{}@shop.example/admin",
    "hunter3": "GET https://shop.example/admin?api_key={}&x=1 failed",
    "hunter4": "/v3/contacts?email={} not found",
    "64af0bcd11aa22bb33cc44dd": "no project {}",
}


@pytest.mark.parametrize(("secret", "words"), SECRETS.items())
def test_a_tools_words_lose_people_and_keys(secret: str, words: str) -> None:
    said = foreign(words.format(secret))
    assert secret not in said
    assert said.split(maxsplit=1)[0][:6] in words, "the words themselves stay"


@given(st.text("abc @.:/?=&1234567890_-\u200b", max_size=60))
def test_no_email_and_no_long_number_outlives_the_masks(around: str) -> None:
    said = foreign(f"{around} jane@example.com {around}|jane.doe@example.com|+49 151 123 4567|{around}")
    assert "example.com" not in said
    assert "123 4567" not in said
    assert not [run for run in "".join(one if one.isdigit() else " " for one in said).split() if len(run) >= 6]


def test_words_are_cut_at_300_characters_and_a_secret_not_in_two() -> None:
    assert len(foreign("word " * 1000)) == 300
    assert "jane" not in foreign("a@b " * 2499 + "jane@example.com")


def value_errors() -> list[str]:
    """DuckDB's own words about values that it cannot take."""
    queries = (
        "select cast(x as int) from (select '12 O''Brien St 12 Main St' as x)",
        "select cast(x as int) from (select '12 ''Main\nLINE 1: St' as x)",
        "select cast(x as int) from (select '12 Main\n\nLINE 1: St' as x)",
        "select strptime('12 Main St', '%Y')",
        "select '12 Main St'::decimal(18, 2)",
        "select '12 Main St'::timestamp",
        "select '{12 Main St'::json",
        "select json_extract(x, '$.a') from (select '{12 Main St' as x)",
        "select 1212121212::tinyint",
        "select 1212121212::decimal(3, 2)",
        "select 12121212121212121212::decimal(38, 0) * 12121212121212121212::decimal(38, 0)",
        "select timezone('12 Main St', timestamp '2026-01-01')",
        "create temp table t (x text primary key); insert into t values ('12 Main St'), ('12 Main St')",
    )
    told = []
    with duckdb.connect() as connection:
        for query in queries:
            with pytest.raises(duckdb.Error) as raised:
                connection.execute(query).fetchall()
            told.append(str(raised.value))
    return told


def test_the_databases_words_lose_the_values_they_quote() -> None:
    for words in value_errors():
        assert "12" in words, "this DuckDB no longer quotes the value; the case proves nothing"
        said = without_values(
            f"Runtime Error in model int_x (models/int_x.sql)\n  {words}\n\n  compiled code at target/x"
        )
        assert said.startswith("Runtime Error in model int_x (models/int_x.sql)\n  ")
        assert "Error: " in said
        assert not [part for part in ("Main", "Brien", "1212") if part in said], said


def test_the_types_in_the_databases_words_stay() -> None:
    said = "Conversion Error: Could not convert string {} to DECIMAL(18,2) when casting from source column age"
    assert without_values(said.format("'O'Hara'")) == said.format("'…'")
    said = "Conversion Error: Could not cast value {} to DECIMAL(18,2)"
    assert without_values(said.format(123456)) == said.format("…")


def test_what_the_database_says_of_names_stays() -> None:
    words = 'Runtime Error in model a\n  Binder Error: Referenced column "shoe_size" not found\n\nLINE 2: select 12'
    assert without_values(words) == words
    assert without_values("Got 3 results, configured to fail if != 0") == "Got 3 results, configured to fail if != 0"


def raise_from_a_row() -> None:
    try:
        int("12 Main St")
    except ValueError as error:
        raise KeyError("jane@example.com") from error


def test_an_unforeseen_error_is_told_by_kind_and_place() -> None:
    with pytest.raises(KeyError) as raised:
        raise_from_a_row()
    assert unforeseen(raised.value).startswith("KeyError in test_wording.py, line ")
    logged = frames(raised.value)
    assert "ValueError" in logged
    assert "in raise_from_a_row" in logged
    assert "12 Main St" not in logged.replace('int("12 Main St")', ""), "the code's own lines are no data"
    assert "jane" not in logged.replace('KeyError("jane@example.com")', "")


def test_a_table_and_a_line_print_names_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    console.out.file = console.wide.file = sys.stdout
    names = ["[red]Larkfield[/red]", "[/]", ":smile:", "[bold", "::error::x", "\x1b[2J", "\ud800", "a\nb"]
    console.table("Brands [of] all", [("[name]", "left")], [[name] for name in names])
    for name in names:
        console.line(name)
    with console.Activity("Loading [/brand]") as activity:
        activity.count("[rows]", 3)
    printed = capsys.readouterr().out
    for name in ("Brands [of] all", "[name]", *names[:4], "Loading [/brand]: 3 [rows]"):
        assert name in printed
    assert all(is_harmless(line) for line in printed.splitlines())


def break_status(monkeypatch: pytest.MonkeyPatch, place: Workspace, act: Callable[[Workspace], None]) -> int:
    for name, value in place.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("dlt_pipelines.status.show", act)
    monkeypatch.setattr(sys, "argv", ["matchback", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_what_nobody_foresaw_is_a_sentence_and_its_places_are_in_the_log(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert break_status(monkeypatch, place, lambda _: raise_from_a_row()) == 70
    said = capsys.readouterr().err
    assert "KeyError in test_wording.py, line" in said
    assert "jane" not in said
    assert "Traceback" not in said
    log = place.home / "logs" / "matchback.log"
    assert str(log) in said
    logged = log.read_text(encoding="utf-8")
    assert "in raise_from_a_row" in logged
    assert "\n'jane" not in logged


def test_a_command_that_is_interrupted_says_so(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_place: Workspace) -> None:
        raise KeyboardInterrupt

    assert break_status(monkeypatch, place, interrupt) == 130
    assert "Stopped." in capsys.readouterr().err


def test_work_goes_on_when_nobody_reads_what_is_printed() -> None:
    script = "from dlt_pipelines import console\nfor _ in range(9999): console.line('x' * 99)\nraise SystemExit('done')"
    command = f'{sys.executable} -c "{script}" | head -1'
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=PROJECT_ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "done\n")
