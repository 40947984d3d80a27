"""The work from stored keys to verdicts as one would do it with other engines.

    python benchmarks/credit/rivals sqlite|pandas|polars|postgres FOLDER

FOLDER holds what was made before (inputs.sql): orders and recipients with their keys, the pairs of addresses that
match, campaigns, exclusions, subscriptions. Each rival puts it where it wants it, with indexes, and is then timed:
candidates by e-mail, address, code and holdout, vetoes, windows, ranks, and a verdict on each order. It leaves
NAME.parquet (the ledger) and NAME_verdicts.parquet, so that the caller can compare, and prints its seconds last.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

MODULES = {"sqlite": "sqlite_loop", "pandas": "pandas_frames", "polars": "polars_frames", "postgres": "postgres_tables"}


def main(name: str, folder: str) -> None:
    """Runs a rival and prints its seconds."""
    print(f"{importlib.import_module(MODULES[name]).run(Path(folder)):.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
