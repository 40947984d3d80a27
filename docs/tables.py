"""Writes the generated tables of the documents: from the seeds, the models' descriptions and dbt's variables.

    python docs/tables.py          # rewrites them; `make docs`

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. A test fails when one is out of date.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import yaml

from dlt_pipelines.sources.files.entities import ENTITIES

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrites every document whose tables are out of date."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        path.write_text(with_tables(text), encoding="utf-8")


def with_tables(text: str) -> str:
    """A document with its tables made anew."""
    return BLOCK.sub(lambda block: block[1] + TABLES[block[2]]() + block[3], text)


def marts() -> str:
    """The marts with their grain: the first sentence of each description."""
    rows = []
    for path in sorted((ROOT / "models" / "marts").glob("*/_*__models.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            sentence = " ".join(model["description"].split())
            rows.append([f"`marts.{model['name']}`", sentence])
    return _table(["mart", "grain"], rows)


def match_methods() -> str:
    """The methods of the cascade, in the order of their priority."""
    with (ROOT / "seeds" / "config" / "match_methods.csv").open(encoding="utf-8", newline="") as lines:
        seed = sorted(csv.DictReader(lines), key=lambda row: int(row["priority"]))
    names = ["priority", "match_method", "is_enabled", "max_recipients_per_key", "rationale"]
    return _table(names, [[row[name] or "no limit" for name in names] for row in seed])


def word_classes() -> str:
    """The classes of address words with how many words each has, from the vocabulary and the grammar."""
    grammar = (ROOT / "macros" / "addresses.sql").read_text(encoding="utf-8")
    letters = dict(re.findall(r"'(\w+)': '([a-z])'", grammar[: grammar.index("endmacro")]))
    with (ROOT / "seeds" / "reference" / "address_vocabulary.csv").open(encoding="utf-8", newline="") as lines:
        words = [row["class"] for row in csv.DictReader(lines)]
    rows = [[f"`{name}`", f"`{letters[name]}`", str(words.count(name))] for name in letters]
    return _table(["class", "letter in a shape", "words"], rows)


def variables() -> str:
    """Dbt's variables with their defaults; the comment above each one says what it does."""
    text = (ROOT / "dbt_project.yml").read_text(encoding="utf-8")
    defaults: dict[str, Any] = yaml.safe_load(text)["vars"]
    comments = dict(re.findall(r"  # (.*)\n  (\w+):", text))
    meanings = {name: comment for comment, name in comments.items()}
    return _table(
        ["variable", "default", "meaning"],
        [
            [f"`{name}`", f"`{value}`" if value is not None else "", meanings[name]]
            for name, value in defaults.items()
            # these have tables of their own
            if name not in ("bounds", "null_dates")
        ],
    )


def bounds() -> str:
    """The bounds of values; the comment above each says what it holds for."""
    text = (ROOT / "dbt_project.yml").read_text(encoding="utf-8")
    limits: dict[str, Any] = yaml.safe_load(text)["vars"]["bounds"]
    meanings: dict[str, str] = {}
    for meaning, names in re.findall(r"    # (.*)\n((?:    \w+: .*\n)+)", text):
        meanings |= dict.fromkeys(re.findall(r"(\w+):", names), meaning)
    return _table(["bound", "value", "meaning"], [[f"`{name}`", str(limits[name]), meanings[name]] for name in limits])


def files() -> str:
    """The columns of each folder of the inbox, with what each one takes."""
    rows = []
    for entity in ENTITIES.values():
        required = [f"**{name}**" for name in entity.columns if name in entity.required]
        others = [name for name in entity.columns if name not in entity.required]
        rows.append([f"`{entity.name}/`", ", ".join(entity.key), ", ".join(required + others)])
    return _table(["folder", "key", "columns"], rows)


def _table(header: list[str], rows: list[list[str]]) -> str:
    cells = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


TABLES = {
    "bounds": bounds,
    "files": files,
    "marts": marts,
    "match_methods": match_methods,
    "variables": variables,
    "word_classes": word_classes,
}

if __name__ == "__main__":
    main()
