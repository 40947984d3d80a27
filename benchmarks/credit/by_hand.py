"""Runs the hand-written script (by_hand.sql) over the raw rows of a world.

python by_hand.py DATABASE DBT_TARGET_FOLDER MEMORY_LIMIT
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb

SCRIPT = Path(__file__).resolve().parent / "by_hand.sql"
ADDRESS_MODELS = "-- == the address models\n"
# what says what an address key is: the project's own models, in their order; steps are views, as there
STEPS = {
    "int_address_countries": "table",
    "int_addresses__located": "view",
    "int_addresses__punctuated": "view",
    "int_addresses__worded": "view",
    "int_addresses__folded": "view",
    "int_address_vocabulary": "table",
    "int_address_words": "table",
    "int_address_shapes__marked": "table",
    "int_address_shapes__parted": "table",
    "int_address_shapes": "table",
    "int_address_parts": "view",
    "int_address_parts__canonical": "view",
    "int_addresses": "table",
}


def main(database: str, target: str, memory_limit: str) -> None:
    """Makes the schema `by_hand` anew, printing what takes more than a second."""
    compiled = Path(target) / "compiled" / "matchback" / "models" / "intermediate" / "addresses"
    before, after = SCRIPT.read_text(encoding="utf-8").split(ADDRESS_MODELS)
    with duckdb.connect(database) as connection:
        for setting in ("threads = 2", "preserve_insertion_order = false", "TimeZone = 'UTC'"):
            connection.execute(f"set {setting}")
        connection.execute(f"set memory_limit = '{memory_limit}'")
        connection.execute("drop schema if exists by_hand cascade")
        statements = [statement.query for statement in connection.extract_statements(before)]
        for name, kind in STEPS.items():
            sql = (compiled / f"{name}.sql").read_text(encoding="utf-8")
            sql = sql.replace('"intermediate"."', '"by_hand"."')
            statements.append(f"create {kind} by_hand.{name} as {sql}")
        statements += [statement.query for statement in connection.extract_statements(after)]
        for statement in statements:
            started = time.monotonic()
            connection.execute(statement)
            seconds = time.monotonic() - started
            if seconds > 1:
                head = next(line for line in statement.strip().splitlines() if not line.startswith("--"))
                print(f"    {head[:60]:<60} {seconds:7.1f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
