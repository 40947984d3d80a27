"""dbt as `matchback` runs it, in a process of its own: it prints a line of JSON for each event that the build looks at.

dbt words each of a build's thousands of events for each of its logs, and only then drops those below the log's level,
which a small build spends a good part of its time on. So its logs are off, and what is worth a line is told, and
logged, here, without the values that DuckDB quotes.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlt_pipelines.wording import frames_of, without_values

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

# what to run, as `python -c`
COMMAND = "from dlt_pipelines.dbt_process import main; main()"
TOLD_LEVELS = ("info", "warn", "error")
# a traceback is for the log; what happened is an event of its own
TRACEBACKS = ("MainStackTrace",)
LOG_FILE, LOG_BYTES, OLD_LOGS = "dbt.log", 10_000_000, 5


def main() -> None:
    """Runs dbt with the arguments of this process, and exits as `run` says."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], manifest: Manifest | None = None) -> int:
    """Runs dbt.

    Args:
        arguments: Of dbt.
        manifest: The project, if it is parsed already.

    Returns:
        0; 1 where a model or a test failed, 2 where something kept dbt from running.
    """
    from dbt.cli.main import dbtRunner

    log = _open_log(Path(os.environ["DBT_LOG_PATH"]))

    def tell(event: EventMsg) -> None:
        info: Any = event.info
        if info.level in TOLD_LEVELS:
            message = frames_of(info.msg) if info.name in TRACEBACKS else without_values(info.msg)
            log.info("%s [%s] %s", info.ts.ToJsonString(), info.level, message)
            if info.name not in TRACEBACKS:
                sys.stdout.write(json.dumps(_told(info, event.data, message)) + "\n")
                sys.stdout.flush()

    logs = ("--log-level", "none", "--log-level-file", "none")
    done = dbtRunner(manifest=manifest, callbacks=[tell]).invoke([*logs, *arguments])
    # an exception was told as an event
    return 2 if done.exception is not None else int(not done.success)


def _told(info: Any, data: Any, message: str) -> dict[str, str | int | None]:
    """What the build is told of an event.

    Args:
        info: What all events have.
        data: What one of its kind has.
        message: What it says, without values.

    Returns:
        Its `level` and `message`; of what runs also its `index` and the `total`. The hooks at either end of a build
        count by themselves, so they have neither.
    """
    is_counted = hasattr(data, "index") and hasattr(data, "total") and data.node_info.resource_type != "operation"
    return {
        "level": info.level,
        "message": message,
        "index": data.index if is_counted else None,
        "total": data.total if is_counted else None,
    }


def _open_log(folder: Path) -> logging.Logger:
    folder.mkdir(parents=True, exist_ok=True)
    log = logging.getLogger(__name__)
    log.setLevel(logging.INFO)
    log.propagate = False
    # a log that cannot be written stops no build
    logging.raiseExceptions = False
    log.addHandler(RotatingFileHandler(folder / LOG_FILE, maxBytes=LOG_BYTES, backupCount=OLD_LOGS, encoding="utf-8"))
    return log
