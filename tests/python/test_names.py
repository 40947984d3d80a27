"""An id or a name from outside decides no path and runs in no spreadsheet."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from dlt_pipelines.config import file_name_of
from dlt_pipelines.wording import cell_for_people

NAMES = st.text(st.characters()) | st.text("aA.-_/~", max_size=6)


@given(NAMES)
@example("../../x")
@example("x" * 100_000)
@example("\ud800")
@example(".")
def test_an_id_makes_one_part_of_a_path(name: str) -> None:
    made = file_name_of(name)
    assert made == file_name_of(name)
    assert len(made.encode()) <= 100
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_~-]*", made)
    assert Path("folder", made).parent == Path("folder")


@given(st.lists(NAMES, min_size=2, max_size=20, unique=True))
@example(["a.b", "a_b", file_name_of("a.b"), "a/b"])
def test_two_ids_never_make_the_same(names: list[str]) -> None:
    assert len({file_name_of(name) for name in names}) == len(names)


def test_an_ordinary_id_stays_as_it_is() -> None:
    assert file_name_of("spring_catalog-2026") == "spring_catalog-2026"


@given(st.text(st.characters()))
@example("=1+1")
@example(" \t@SUM(1)")
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = str(cell_for_people(text))
    assert cell in (text, f"'{text}")
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert not cell.startswith(("\t", "\r"))


def test_numbers_stay_numbers() -> None:
    assert [cell_for_people(value) for value in (-12.5, None, 0)] == [-12.5, None, 0]
