"""A full disk, a read-only one, a file that is no database: each is a sentence with a code of its own."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import stat
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines import status
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.errors import DamagedFileError, StorageError
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import build_world
from dlt_pipelines.storage import replaced, understood
from tests.python import parsed
from tests.python.conftest import make_workspace

# of <sys/prctl.h> and <linux/capability.h>
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def matchback(
    place: Workspace, *arguments: str, limit: int | None = None, obeys_rights: bool = False
) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own.

    Args:
        place: Its workspace.
        arguments: Of the command.
        limit: The most bytes of a file; what is beyond is refused as a full disk refuses it.
        obeys_rights: Whether files' rights hold for root as well.
    """

    def restrict() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if obeys_rights and os.getuid() == 0:
            for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
                assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability) == 0

    done = subprocess.run(
        [sys.executable, "-c", parsed.MATCHBACK, *arguments],
        cwd=PROJECT_ROOT,
        env={name: value for name, value in os.environ.items() if "__" not in name} | place.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=restrict,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def fill(place: Workspace) -> None:
    world = build_world(5, 0.02)
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A DuckDB file."""
    path = tmp_path_factory.mktemp("database") / "good.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table numbers as select range as number from range(100000)")
    return path.read_bytes()


def of_another_version(database: bytes) -> bytes:
    """The file as a DuckDB of years to come would have marked it, its checksum right."""
    changed = bytearray(database)
    struct.pack_into("<Q", changed, 12, 2000)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", changed[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    struct.pack_into("<Q", changed, 0, checksum)
    return bytes(changed)


DATABASES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a text": (lambda _: b"order_id,total\n1,2.00\n" * 1000, "is no DuckDB database"),
    "an empty file": (lambda _: b"", "is no DuckDB database"),
    "SQLite's": (lambda _: b"SQLite format 3\0" + bytes(4080), "is no DuckDB database"),
    "of a newer DuckDB": (of_another_version, "was written by another DuckDB"),
    "damaged": (lambda good: good[:4096] + b"\xff" * 8192 + good[12288:], "is damaged"),
    "cut off": (lambda good: good[: len(good) // 50], "is damaged"),
}


@pytest.mark.parametrize(("spoil", "message"), DATABASES.values(), ids=DATABASES.keys())
def test_a_file_that_is_not_our_database_is_named_and_left_alone(
    spoil: Callable[[bytes], bytes], message: str, database: bytes, place: Workspace
) -> None:
    fill(place)
    spoilt = spoil(database)
    place.database.write_bytes(spoilt)
    done = matchback(place, "load")
    assert done.returncode == 65
    assert f"{place.database} {message}" in done.stderr
    assert place.database.read_bytes() == spoilt
    with pytest.raises(DamagedFileError, match=message):
        status.show(place)


def test_a_folder_in_the_place_of_a_file_is_named(place: Workspace) -> None:
    fill(place)
    place.database.mkdir()
    done = matchback(place, "load")
    assert (done.returncode, f"{place.database} cannot be" in done.stderr) == (73, True)
    assert "it is a folder" in done.stderr


def test_a_file_in_the_place_of_a_folder_is_named(place: Workspace) -> None:
    fill(place)
    place.outbox.rmdir()
    place.outbox.write_text("", encoding="utf-8")
    done = matchback(place, "load")
    assert (done.returncode, f"{place.outbox} cannot be" in done.stderr) == (73, True)
    assert "it is a file" in done.stderr


def count_rows(place: Workspace) -> int:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return sum(
            connection.execute(f"select count(*) from raw_files.{name}").fetchall()[0][0]
            for name in ("orders", "recipients", "campaigns")
        )


def check_disk_full(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 74, done.stderr
    assert "the disk is full" in done.stderr


def test_a_load_onto_a_full_disk_says_so_and_the_next_one_lands_all(
    place: Workspace, new_place: Callable[[str], Workspace]
) -> None:
    undisturbed = new_place("undisturbed")
    for one in (place, undisturbed):
        fill(one)
    check_disk_full(matchback(place, "load", "--source", "files", limit=100_000))
    for one in (place, undisturbed):
        assert matchback(one, "load", "--source", "files").returncode == 0
    assert count_rows(place) == count_rows(undisturbed) > 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk; the test above limits files instead")
@pytest.mark.parametrize("kilobytes", [1_000, 4_000])
def test_a_small_disk_says_that_it_is_full_and_goes_on_when_there_is_room(kilobytes: int, place: Workspace) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place.home)], check=True)
    try:
        make_workspace(place.home)
        fill(place)
        check_disk_full(matchback(place, "load", "--source", "files"))
        subprocess.run(["mount", "-o", "remount,size=100m", str(place.home)], check=True)
        assert matchback(place, "load", "--source", "files").returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", str(place.home)], check=True)
        done = matchback(place, "load", "--source", "files")
        assert (done.returncode, "its file system is read-only" in done.stderr) == (73, True)
        assert matchback(place, "status").returncode == 0
    finally:
        subprocess.run(["umount", str(place.home)], check=True)


def test_a_workspace_that_is_somebody_elses_is_named(place: Workspace) -> None:
    fill(place)
    place.home.chmod(0o555)
    done = matchback(place, "load", obeys_rights=True)
    place.home.chmod(0o755)
    assert done.returncode == 77
    assert f"{place.database}.lock cannot be read or written: this user may not" in done.stderr


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "lists" / "list.csv"
    with replaced(path) as file:
        file.write("first\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ValueError, match="half"):
        write_half(path)
    assert [one.name for one in path.parent.iterdir()] == ["list.csv"]
    assert path.read_text(encoding="utf-8") == "first\n"


def write_half(path: Path) -> None:
    with replaced(path) as file:
        file.write("second\n")
        raise ValueError("half")


def test_a_real_full_device_is_understood() -> None:
    with pytest.raises(OSError, match="No space") as raised:
        Path("/dev/full").write_text("x", encoding="utf-8")
    assert isinstance(understood(raised.value), StorageError)
    with pytest.raises(duckdb.IOException) as refused:
        duckdb.connect("/dev/full")
    known = understood(refused.value)
    assert isinstance(known, StorageError)
    assert "/dev/full cannot be read or written: the disk is full" in str(known)


def test_a_socket_that_may_not_connect_is_no_matter_of_files() -> None:
    assert understood(PermissionError(errno.EPERM, os.strerror(errno.EPERM))) is None
