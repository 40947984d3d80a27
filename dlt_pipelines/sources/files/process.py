"""Files are read in a child process with bounded memory and time: whatever a file does to it, the load goes on.

One child reads one file after the other; only after it died, or was stopped, is there another.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from dlt_pipelines.config import child_environment, general_setting, parse_number
from dlt_pipelines.errors import ConfigurationError, InputFileError
from dlt_pipelines.sources.files.reader import MEGABYTE
from dlt_pipelines.sources.files.spool import Reading, Spooled, spool

# what to run, as `python -c`
COMMAND = "from dlt_pipelines.sources.files.process import main; main()"
# Arrow's own allocator takes a gigabyte in advance, which would count as memory taken
CHILD_VARIABLES = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
# an interpreter starts in less than a second; a busy machine may take longer
SECONDS_TO_START = 60
# what Linux calls the wish to be killed when the parent dies (linux/prctl.h)
PR_SET_PDEATHSIG = 1
# what the child says: (kind, what it has to say)
READY, PROGRESS, SPOOLED, REFUSED, EXHAUSTED = "ready", "progress", "spooled", "refused", "exhausted"


@dataclass(frozen=True)
class Limits:
    """What reading one file may take.

    Attributes:
        memory_megabytes: Memory.
        seconds: Time.
        file_megabytes: Size of the file, unpacked.
    """

    memory_megabytes: int
    seconds: float
    file_megabytes: int

    @classmethod
    def configured(cls) -> Limits:
        """The settings of [load].

        Raises:
            ConfigurationError: One of them is no number, or too small.
        """
        return cls(
            memory_megabytes=int(_setting("file_memory_mb", "2048", 256)),
            seconds=_setting("file_max_seconds", "600", 1),
            file_megabytes=int(_setting("file_max_mb", "4096", 1)),
        )


def _setting(name: str, default: str, least: int) -> float:
    text = general_setting("load", name, default)
    number = parse_number(text, f"the setting {name} of [load]")
    if number < least:
        raise ConfigurationError(f"the setting {name} of [load] is {text!r}; it must be at least {least}.")
    return number


class ReaderProcess:
    """The child, seen from the load. It is started with the first file and ends with the context."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> ReaderProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def read(self, reading: Reading, progress: Callable[[int], None]) -> Spooled:
        """Reads a file, as `spool` does.

        Args:
            reading: What to read.
            progress: Called with the rows read so far.

        Raises:
            InputFileError: It cannot be read, or not within the limits.
        """
        connection = self._start()
        ends_at = time.monotonic() + self._limits.seconds
        try:
            connection.send(reading)
            while connection.poll(max(ends_at - time.monotonic(), 0)):
                kind, said = connection.recv()
                if kind == PROGRESS:
                    progress(said)
                elif kind == SPOOLED:
                    spooled: Spooled = said
                    return spooled
                elif kind == REFUSED:
                    raise InputFileError(said)
                else:
                    raise self._gave_up(reading, f"it takes more than {self._limits.memory_megabytes:,} MB of memory")
        except (EOFError, OSError):
            raise self._gave_up(reading, f"the process that read it died ({self._how_it_ended()})") from None
        raise self._gave_up(reading, f"it takes longer than {self._limits.seconds:,g} seconds")

    def _start(self) -> Connection:
        """The way to the child, who is ready for a file."""
        if self._process is not None and self._connection is not None and self._process.poll() is None:
            return self._connection
        self._stop()
        ours, theirs = Pipe()
        arguments = (theirs.fileno(), os.getpid(), self._limits.memory_megabytes)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", COMMAND, *map(str, arguments)],
                env=child_environment(CHILD_VARIABLES | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}),
                pass_fds=(theirs.fileno(),),
                # a library that dies may print what it died of
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._connection = ours
        with contextlib.suppress(EOFError, ConnectionError):
            # one that died is found dead by its first file
            if ours.poll(SECONDS_TO_START):
                ours.recv()
        return ours

    def _how_it_ended(self) -> str:
        code = self._process.wait(SECONDS_TO_START) if self._process else 0
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def _gave_up(self, reading: Reading, why: str) -> InputFileError:
        self._stop()
        return InputFileError(
            f"{reading.shown_name}: {why}, so nothing of it was loaded. If it is as it should be, split it, or raise "
            "file_memory_mb or file_max_seconds of [load]."
        )

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None


def main() -> None:
    """The child: reads what it is told to until nobody is there to tell it."""
    descriptor, parent, memory_megabytes = map(int, sys.argv[1:])
    _die_with(parent)
    _limit(resource.RLIMIT_DATA, memory_megabytes * MEGABYTE)
    # what was in memory may be somebody's address
    _limit(resource.RLIMIT_CORE, 0)
    # an interrupt is for the parent, who then ends the child
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(descriptor) as connection, contextlib.suppress(EOFError, ConnectionError):
        connection.send((READY, None))
        kind = READY
        while kind != EXHAUSTED:
            kind, said = _answer(connection.recv(), connection)
            connection.send((kind, said))


def _answer(reading: Reading, connection: Connection) -> tuple[str, Any]:
    """What becomes of a file; an error never quotes it."""

    def progress(rows: int) -> None:
        connection.send((PROGRESS, rows))

    try:
        return SPOOLED, spool(reading, progress)
    except InputFileError as error:
        return REFUSED, str(error)
    except MemoryError:
        # what is left of the memory may not do for the next file
        return EXHAUSTED, None
    except ConnectionError:
        raise
    except OSError as error:
        return REFUSED, f"{reading.shown_name}: the file cannot be opened ({error.strerror})."
    except Exception as error:
        return REFUSED, f"{reading.shown_name}: the file cannot be read ({type(error).__name__})."


def _die_with(parent: int) -> None:
    """Asks to be killed when the parent dies, where that can be asked; elsewhere the closed connection ends us."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit()


def _limit(what: int, most: int) -> None:
    """Limits what this process may take of something, as far as it is not limited more already."""
    _, hard = resource.getrlimit(what)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (limit, hard))
