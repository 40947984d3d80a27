"""dbt for the tests: the project is parsed once for all of them.

dbt parses a project anew for every database and every set of variables, which takes longer than many a test's build.
What it finds depends on neither here, but for the database's name and the paths of the configuration seeds, which are
put right. `make demo` and `dbt build` with its unit tests are tested with dbt as it is.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from dlt_pipelines.config import PROJECT_ROOT

# what to run instead of dbt and of matchback, and the variable that names the file with the parsed project
DBT = "from tests.python.parsed import main; main()"
MATCHBACK = f"from dlt_pipelines import build, cli; build.DBT = {DBT!r}; cli.main()"
VARIABLE = "MATCHBACK_TESTS_PARSED"
SHIPPED_SEEDS = "seeds/config"


def main() -> None:
    """Runs dbt with the arguments of this process, and exits as it does."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    database = Path(os.environ["MATCHBACK_DATABASE"]).stem
    manifest = Manifest.from_msgpack(_parsed(Path(os.environ[VARIABLE])), decoder=extended_mashumuro_decoder)
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.relation_name:
            node.relation_name = node.relation_name.replace(f'"{node.database}".', f'"{database}".', 1)
        node.database = database
        folder, name = os.path.split(node.original_file_path)
        if folder == SHIPPED_SEEDS:
            node.original_file_path = str(Path(os.environ["MATCHBACK_CONFIG"]) / name)
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    done = dbtRunner(manifest=manifest).invoke(sys.argv[1:])
    if done.exception is not None:
        raise done.exception
    sys.exit(not done.success)


def _parsed(path: Path) -> bytes:
    """The parsed project; the first process to ask parses it while the others wait."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _parse(path)
    return path.read_bytes()


def _parse(path: Path) -> None:
    from dbt.cli.main import dbtRunner

    scratch = path.with_suffix(".target")
    scratch.mkdir(exist_ok=True)
    own = dict(os.environ)
    os.environ |= {
        "MATCHBACK_DATABASE": str(scratch / "matchback.duckdb"),
        "MATCHBACK_CONFIG": SHIPPED_SEEDS,
        "DBT_TARGET_PATH": str(scratch),
        "DBT_LOG_PATH": str(scratch),
    }
    try:
        done = dbtRunner().invoke(
            ["--quiet", "parse", "--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)]
        )
    finally:
        os.environ.clear()
        os.environ.update(own)
    if done.exception is not None:
        raise done.exception
    (scratch / "partial_parse.msgpack").rename(path)
