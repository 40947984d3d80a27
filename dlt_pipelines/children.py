"""Child processes that end with their parent, whatever ends that: a lock that a child inherited is free at once."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence

from dlt_pipelines.config import PROJECT_ROOT

STANDARD_INPUT = 0
# of <sys/prctl.h>
PR_SET_PDEATHSIG = 1


def start(
    code: str, arguments: Sequence[str], environment: Mapping[str, str], pass_fds: Collection[int] = ()
) -> subprocess.Popen[str]:
    """Starts Python code in a process of its own, which ends with this one; the thread that starts it must stay.

    Args:
        code: What to run.
        arguments: `sys.argv[1:]` of the child.
        environment: Its variables, all of them.
        pass_fds: File descriptors that it inherits.

    Returns:
        The child. What it prints, errors too, comes through `stdout`; its input is a pipe that nobody writes to.
    """
    begin = f"from dlt_pipelines.children import end_with; end_with({os.getpid()}, {STANDARD_INPUT}); "
    return subprocess.Popen(
        [sys.executable, "-c", begin + code, *arguments],
        cwd=PROJECT_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=tuple(pass_fds),
    )


def end_with_spawner() -> None:
    """Has this process, which `multiprocessing` has spawned, end with the one that spawned it."""
    spawner = multiprocessing.parent_process()
    if spawner is not None and spawner.pid is not None:
        end_with(spawner.pid, spawner.sentinel)


def end_with(parent: int, pipe: int) -> None:
    """Has this process end with its parent: Linux sees to it; elsewhere the parent's end of a pipe closes.

    Args:
        parent: The parent's process id, as the parent gave it.
        pipe: File descriptor of the end for reading; the parent alone holds the other one.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=end_when_closed, args=(pipe,), daemon=True).start()
    # it may have ended before this process got here
    if os.getppid() != parent:
        _end()


def end_when_closed(pipe: int) -> None:
    """Ends this process as soon as the other end of a pipe is closed."""
    while os.read(pipe, 1):
        pass
    _end()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
