"""dbt for the tests: it is started, and the project parsed, once for all builds of a session.

dbt takes longer to start than many a test's build, and parses a project anew for every database and every set of
variables. So a server that has both done forks for each build. What is parsed depends on neither here, but for the
database's name and the paths of the configuration seeds, which are put right. `make demo` and `dbt build` with its
unit tests are tested with dbt as it is.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from dlt_pipelines.config import PROJECT_ROOT

if TYPE_CHECKING:
    from dbt.config.runtime import RuntimeConfig
    from dbt.contracts.graph.manifest import Manifest

# what to run instead of a build's dbt, of dbt by hand and of matchback
DBT = "from tests.python.parsed import ask; ask('build')"
DBT_BY_HAND = "from tests.python.parsed import ask; ask('by_hand')"
MATCHBACK = f"from dlt_pipelines import build, cli; build.DBT = {DBT!r}; cli.main()"
# the variable that names the server's socket
VARIABLE = "MATCHBACK_TESTS_DBT"
SHIPPED_SEEDS = "seeds/config"
MOST_BYTES = 1_000_000


@contextmanager
def serving(parsed: Path) -> Iterator[str]:
    """Has a server run.

    Args:
        parsed: The file for the parsed project, which servers of several processes may share.

    Yields:
        The path of its socket.
    """
    # a socket's path is short
    with tempfile.TemporaryDirectory(prefix="dbt") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/socket")
        listener.listen()
        script = f"from tests.python.parsed import serve; serve({listener.fileno()}, {str(parsed)!r})"
        # builds that a test kills leave locks behind, of which the server would tell in the end
        command = [sys.executable, "-W", "ignore:resource_tracker:UserWarning", "-c", script]
        with subprocess.Popen(command, cwd=PROJECT_ROOT, pass_fds=(listener.fileno(),)) as server:
            try:
                yield f"{folder}/socket"
            finally:
                server.terminate()


def ask(how: str) -> None:
    """Has the server run dbt with the arguments, the environment and the output of this process; exits as it does."""
    asked = {"how": how, "arguments": sys.argv[1:], "folder": str(Path.cwd()), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ[VARIABLE])
        socket.send_fds(connection, [json.dumps(asked).encode() + b"\n"], [sys.stdout.fileno(), sys.stderr.fileno()])
        code = connection.recv(1)
        # until it has ended, and let go of the database
        connection.recv(1)
    # none where it was killed
    sys.exit(code[0] if code else "dbt was killed")


def serve(listener_number: int, parsed: str) -> None:
    """Forks for everyone who asks, as soon as all that they share is there."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # nobody waits for the children
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=listener_number) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                _prepare(Path(parsed))
                # what is shared is no garbage: the children need not look
                gc.freeze()
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    sys.exit(_answer(connection, Path(parsed)))


@cache
def _prepare(parsed: Path) -> Manifest:
    """What is alike for all builds: dbt's modules and the parsed project."""
    import dbt.adapters.duckdb
    import dbt.cli.main
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    assert dbt.adapters.duckdb.Plugin, "it is looked up by name, so nothing else imports it"
    return Manifest.from_msgpack(_parsed(parsed), decoder=extended_mashumuro_decoder)


def _answer(connection: socket.socket, parsed: Path) -> int:
    """Runs dbt in this child as it was asked for; gives and tells the exit code."""
    code = 1
    # open until this process is no more
    os.dup(connection.fileno())
    try:
        received, outputs, *_ = socket.recv_fds(connection, MOST_BYTES, 2)
        while not received.endswith(b"\n"):
            received += connection.recv(MOST_BYTES)
        for number, output in enumerate(outputs, 1):
            os.dup2(output, number)
            os.close(output)
        threading.Thread(target=_die_with, args=(connection,), daemon=True).start()
        asked = json.loads(received)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv[1:] = asked["arguments"]
        code = _run(asked["how"], _prepare(parsed))
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([code]))
    return code


def _die_with(connection: socket.socket) -> None:
    """Ends this process when the one that asked has: killed, it takes dbt with it."""
    if not connection.recv(1):
        os.kill(os.getpid(), signal.SIGKILL)


def _run(how: str, manifest: Manifest) -> int:
    from dbt.cli.main import dbtRunner
    from dbt.task import retry

    from dlt_pipelines import dbt_process

    # the one command that parses the project whatever it is given
    retry.__dict__["parse_manifest"] = partial(_given, manifest)
    database = Path(os.environ["MATCHBACK_DATABASE"]).stem
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.relation_name:
            node.relation_name = node.relation_name.replace(f'"{node.database}".', f'"{database}".', 1)
        node.database = database
        folder, name = os.path.split(node.original_file_path)
        if folder == SHIPPED_SEEDS:
            node.original_file_path = str(Path(os.environ["MATCHBACK_CONFIG"]) / name)
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    # tests run side by side already, and two threads of one Python take more time in all
    arguments = [*sys.argv[1:], "--threads", "1"]
    if how == "build":
        return dbt_process.run(arguments, manifest)
    done = dbtRunner(manifest=manifest).invoke(arguments)
    if done.exception is not None:
        raise done.exception
    return int(not done.success)


def _given(manifest: Manifest, config: RuntimeConfig, *_: object) -> Manifest:
    """The parsed project, and what else dbt does where it parses one."""
    from dbt.cli.requires import setup_manifest

    context = SimpleNamespace(
        obj={"profile": config, "project": config, "runtime_config": config, "manifest": manifest}
    )
    setup_manifest(context)  # type: ignore[arg-type]
    return manifest


def _parsed(path: Path) -> bytes:
    """The parsed project; the first process to ask parses it while the others wait."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            subprocess.run(
                [sys.executable, "-c", f"from tests.python.parsed import parse; parse({str(path)!r})"], check=True
            )
    return path.read_bytes()


def parse(target: str) -> None:
    """Writes the parsed project into a file."""
    from dbt.cli.main import dbtRunner

    path = Path(target)
    scratch = path.with_suffix(".target")
    scratch.mkdir(exist_ok=True)
    os.environ |= {
        "MATCHBACK_DATABASE": str(scratch / "matchback.duckdb"),
        "MATCHBACK_CONFIG": SHIPPED_SEEDS,
        "DBT_TARGET_PATH": str(scratch),
        "DBT_LOG_PATH": str(scratch),
    }
    done = dbtRunner().invoke(
        ["--quiet", "parse", "--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)]
    )
    if done.exception is not None:
        raise done.exception
    (scratch / "partial_parse.msgpack").rename(path)
