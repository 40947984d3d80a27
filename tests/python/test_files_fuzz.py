"""Hostile files: whatever lies in the inbox, the files beside it are loaded whole, and no message quotes a value."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.errors import ConfigurationError, MatchbackError
from dlt_pipelines.load import LoadReport, load
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.sources.files import source
from dlt_pipelines.sources.files.entities import ENTITIES
from dlt_pipelines.sources.landing import land

# stands in every hostile file, and must stand nowhere else
MARK = "SECRETSTREET"
ORGANIZATIONS = """\
organization_id,name,status,sync_orders,provider,country,currency
acorn,Acorn,live,true,files,US,USD
odd,Odd,live,true,files,US,USD
"""
REQUIRED: dict[str, dict[str, Any]] = {
    "campaigns": {"campaign_id": "c", "name": "C"},
    "recipients": {"campaign_id": "c", "recipient_id": "r"},
    "orders": {"order_id": "o", "ordered_at": "2026-05-01", "currency": "USD", "total_amount": "1"},
    "order_lines": {"order_id": "o", "line_id": "l", "product_id": "p", "quantity": "1", "unit_price_amount": "1"},
    "refunds": {"order_id": "o", "refund_id": "f", "refunded_at": "2026-05-01", "amount": "1"},
    "exclusions": {"exclusion_id": "e"},
    "subscriptions": {"subscription_id": "s", "started_at": "2026-05-01"},
}
GOOD_ROWS = 40
GOOD_LOAD_SECONDS = 60
ORDER_HEADER = "organization_id,order_id,ordered_at,currency,total_amount,ship_address1\n"
ORDER = f"odd,o1,2026-05-01,USD,1,1 {MARK}\n"


@pytest.fixture
def inbox(place: Workspace) -> Path:
    return prepare(place)


def prepare(place: Workspace) -> Path:
    """An inbox that holds the files of a good brand, one of each format."""
    (place.config / "organizations.csv").write_text(ORGANIZATIONS, encoding="utf-8")
    rows = [
        {"organization_id": "acorn", "order_id": f"o{number}", "ordered_at": "2026-05-01T09:00:00Z"}
        | {"currency": "USD", "total_amount": "50.00"}
        for number in range(GOOD_ROWS)
    ]
    header = ",".join(rows[0])
    text = "\n".join([header, *(",".join(row.values()) for row in rows), ""])
    put(place.inbox, "orders/good.csv", text)
    put(place.inbox, "orders/zz_good.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), place.inbox / "orders" / "mm_good.parquet")
    return place.inbox


def put(inbox: Path, name: str | bytes, content: str | bytes) -> Path:
    path = inbox / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def json_line(entity: str, columns: dict[str, Any]) -> str:
    return json.dumps({"organization_id": "odd"} | REQUIRED[entity] | columns) + "\n"


def load_beside_the_good(place: Workspace, capfd: pytest.CaptureFixture[str]) -> LoadReport:
    """Loads, and checks what holds whatever the other files are."""
    began = time.monotonic()
    report = load(place)
    assert time.monotonic() - began < GOOD_LOAD_SECONDS
    counts = ask(place, "select file_name, count(*) from raw_files.orders where organization_id = 'acorn' group by all")
    names = ("orders/good.csv", "orders/zz_good.jsonl", "orders/mm_good.parquet")
    assert dict(counts) == dict.fromkeys(names, GOOD_ROWS), report.errors
    said = "".join(capfd.readouterr()) + "\n".join(report.errors + report.warnings)
    said += str(ask(place, "select error from ops.loads"))
    assert MARK not in said
    assert said.isprintable() or "\x1b" not in said
    return report


def ask(place: Workspace, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def left_behind(place: Workspace) -> list[Path]:
    """Files of the workspace, but the inbox, that hold the mark."""
    files = (path for path in place.home.rglob("*") if path.is_file() and not path.is_relative_to(place.inbox))
    return [path for path in files if MARK.encode() in path.read_bytes()]


# a column, what a file says in it, and what is stored; None where the file is refused
BOUNDS: list[tuple[str, str, Any, str | None]] = [
    ("orders", "total_amount", "999999999999.9999", "999999999999.9999"),
    ("orders", "total_amount", "-999999999999.9999", "-999999999999.9999"),
    ("orders", "total_amount", "1000000000000", None),
    ("orders", "total_amount", "-1e12", None),
    ("orders", "total_amount", "1e11", "100000000000"),
    ("orders", "total_amount", "1e-4000000000", None),
    ("orders", "total_amount", "1E+999999999", None),
    ("orders", "total_amount", "0E+999999999", None),
    ("orders", "total_amount", "1" * 200, None),
    ("orders", "total_amount", "0." + "1" * 200, None),
    ("orders", "total_amount", "NaN", None),
    ("orders", "total_amount", "-Infinity", None),
    ("orders", "total_amount", float("nan"), None),
    ("orders", "total_amount", True, None),
    ("orders", "total_amount", 84.10, "84.1"),
    ("orders", "refunded_amount", "0", "0"),
    ("orders", "refunded_amount", "-0.01", None),
    ("orders", "currency", "eur", "EUR"),
    ("orders", "currency", "ZZZ", None),
    ("orders", "currency", "ßD", None),
    ("orders", "ordered_at", "1990-01-01T00:00:00Z", "1990-01-01T00:00:00"),
    ("orders", "ordered_at", "1990-01-01T00:00:00+00:01", None),
    ("orders", "ordered_at", "2099-12-31T23:59:59.999999Z", "2099-12-31T23:59:59.999999"),
    ("orders", "ordered_at", "2100-01-01", None),
    ("orders", "ordered_at", "1970-01-01", None),
    ("orders", "ordered_at", "9999-12-31T23:59:59-05:00", None),
    ("orders", "ordered_at", "0001-01-02T23:00:00+23:00", None),
    ("orders", "ordered_at", "0001-01-03T00:00:00+23:00", None),
    ("orders", "cancelled_at", "0001-01-01T00:00:00+01:00", ""),
    ("orders", "cancelled_at", "9999-12-31T23:59:59-05:00", ""),
    ("orders", "cancelled_at", "1899-12-31", ""),
    ("orders", "cancelled_at", "1970-01-02T03:00:00", ""),
    ("orders", "cancelled_at", "1970-01-03", None),
    ("orders", "discount_codes", ["A"] * 100, "|".join("A" * 100)),
    ("orders", "discount_codes", ["A"] * 101, None),
    ("orders", "discount_codes", ["A" * 1000, "B" * 1000], "A" * 1000 + "|" + "B" * 1000),
    ("orders", "discount_codes", "A" * 1001, None),
    ("orders", "discount_codes", [["A"]], None),
    ("orders", "email", {"to": "x"}, None),
    ("orders", "email", "e" * 1000, "e" * 1000),
    ("orders", "email", "e" * 1001, None),
    ("orders", "email", "a\0b", None),
    ("orders", "email", "\ud800", None),
    ("orders", "ship_address1", "é" * 300, "é" * 300),
    ("orders", "ship_address1", "é" * 301, None),
    ("orders", "bill_country", "x" * 301, None),
    ("orders", "order_id", 17.0, "17"),
    ("orders", "order_id", "17.0", "17.0"),
    ("orders", "order_id", "6.11E+12", None),
    ("orders", "order_id", 6.11e12, "6110000000000"),
    ("orders", "order_id", 6.11e22, None),
    ("orders", "order_id", "1e10ab", "1e10ab"),
    ("orders", "order_id", "3e123456", "3e123456"),
    ("orders", "customer_id", "6,11E+12", None),
    ("orders", "is_test", 1.0, "true"),
    ("order_lines", "quantity", "999999.9999", "999999.9999"),
    ("order_lines", "quantity", "1000000", None),
    ("order_lines", "product_id", "1E+15", None),
    ("refunds", "amount", "0.01", "0.01"),
    ("refunds", "amount", "-0.01", None),
    ("campaigns", "window_days", "20.0", "20"),
    ("campaigns", "window_days", "20.5", None),
    ("campaigns", "window_days", "9" * 5000, None),
    ("campaigns", "holdout_share", "1", "1"),
    ("campaigns", "holdout_share", "1.0001", None),
    ("campaigns", "launched_at", "1900-01-01", None),
    ("recipients", "created_at", "0001-01-01", None),
    ("recipients", "sent_at", "1900-01-01", ""),
    ("recipients", "household_id", "1.5E+3", None),
]


def test_values_are_taken_up_to_the_bounds_and_not_beyond(
    place: Workspace, inbox: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number, (entity, column, value, _) in enumerate(BOUNDS):
        put(inbox, f"{entity}/{number:03d}.jsonl", json_line(entity, {column: value}))
    report = load_beside_the_good(place, capfd)
    stored: dict[str, str] = {}
    for entity in REQUIRED:
        if any(entity == one[0] for one in BOUNDS):
            stored |= dict(ask(place, f"select file_name, payload from raw_files.{entity}"))
    for number, (entity, column, value, right) in enumerate(BOUNDS):
        name = f"{entity}/{number:03d}.jsonl"
        found = json.loads(stored[name])[column] if name in stored else None
        assert found == right, (column, value)
        named = [error for error in report.errors if error.startswith(f"{name}, line 1: the column {column} ")]
        assert len(named) == (right is None), (column, value, named)
        warned = [warning for warning in report.warnings if warning.startswith(name) and column in warning]
        assert len(warned) == (right == ""), (column, value, warned)


def test_bytes_are_text_and_whole_floats_are_ids_in_parquet(
    place: Workspace, inbox: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = pa.Table.from_pylist(
        [
            {
                "organization_id": b"odd",
                "order_id": 17.0,
                "currency": b"USD",
                "total_amount": 5.0,
                "email": b"x@m.example",
            }
        ]
    ).append_column("ordered_at", pa.array([datetime(2026, 5, 1, 9, tzinfo=UTC)]))
    pq.write_table(table, inbox / "orders" / "bytes.parquet")
    pq.write_table(table.set_column(4, "email", pa.array([b"\xff"])), inbox / "orders" / "latin.parquet")
    report = load_beside_the_good(place, capfd)
    assert [error.partition(". ")[0] for error in report.errors] == [
        "orders/latin.parquet, row 1: the column email is not UTF-8"
    ]
    payloads = ask(place, "select payload from raw_files.orders where organization_id = 'odd'")
    assert json.loads(payloads[0][0]) == {
        "order_id": "17",
        "currency": "USD",
        "total_amount": "5",
        "email": "x@m.example",
        "ordered_at": "2026-05-01T09:00:00",
    }


def test_rows_of_one_key_that_contradict_each_other_are_named(
    place: Workspace, inbox: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = f"organization_id,campaign_id,recipient_id,address1,city,updated_at\nodd,c,r,{MARK},,\n"
    put(inbox, "recipients/other_value.csv", first + "odd,c,r,x,,\n")
    put(inbox, "recipients/cleared.csv", first + "odd,c,r,,,\n")
    put(inbox, "recipients/the_same.csv", first + f"odd,c,r,{MARK},,\n")
    put(inbox, "recipients/later.csv", first + "odd,c,r,x,,2026-05-02\n")
    put(inbox, "recipients/other_key.csv", first + "odd,c,other,x,,\n")
    put(
        inbox,
        "recipients/more_columns.jsonl",
        "".join(json_line("recipients", {one: "x"}) for one in ("email", "city")),
    )
    errors = load_beside_the_good(place, capfd).errors
    problem = "it has the key of line 2 and another value in address1"
    assert [error.partition(", and neither")[0] for error in errors] == [
        f"recipients/{name}.csv, line 3: {problem}" for name in ("cleared", "other_value")
    ]


def bomb() -> bytes:
    """More than 2 GB of one line."""
    return gzip.compress(ORDER_HEADER.encode()) + gzip.compress(b"x" * (1 << 24), 1) * 130


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def order_columns(rows: int = 1) -> dict[str, Any]:
    values = {"organization_id": "odd"} | REQUIRED["orders"] | {"ship_address1": MARK}
    return {name: pa.array([value] * rows) for name, value in values.items()}


PACKED_ORDERS = gzip.compress((ORDER_HEADER + ORDER * 2000).encode())
DAMAGED: dict[str, Callable[[], str | bytes]] = {
    "orders/bomb.csv.gz": bomb,
    "orders/bomb.jsonl.gz": bomb,
    "orders/bomb.parquet.gz": bomb,
    "orders/one_line.csv": lambda: ORDER_HEADER + MARK * 100_000,
    "orders/one_row.csv": lambda: ORDER_HEADER + f'"{MARK}\n",' * 100_000,
    "orders/blank.csv": lambda: ORDER_HEADER + "\n" * 1_000_001 + ORDER,
    "orders/blank.jsonl": lambda: "\n" * 1_000_001 + json_line("orders", {}),
    "orders/damaged_at_the_start.csv.gz": lambda: PACKED_ORDERS[:10] + b"\xff" * 100 + PACKED_ORDERS[110:],
    "orders/damaged.csv.gz": lambda: PACKED_ORDERS[:-40] + b"\xff" * 40,
    "orders/cut_off.csv.gz": lambda: PACKED_ORDERS[:-8],
    "orders/cut_off.parquet": lambda: parquet(**order_columns())[:-20],
    "orders/damaged.parquet": lambda: (
        parquet(**order_columns())[:80] + b"\xff" * 1000 + parquet(**order_columns())[80:]
    ),
    "orders/nested.jsonl": lambda: '{"email": ' + "[" * 100_000 + MARK + "]" * 100_000 + "}\n",
    "orders/nested_objects.jsonl": lambda: '{"a": ' * 100_000 + "1" + "}" * 100_000,
    "orders/late.parquet": lambda: parquet(
        **order_columns() | {"ordered_at": pa.array([2**62]).cast(pa.timestamp("us"))}
    ),
    "orders/objects.parquet": lambda: parquet(**order_columns() | {"email": pa.array([{"to": MARK}])}),
    "orders/utf16.csv": lambda: (ORDER_HEADER + ORDER).encode("utf-16"),
    "orders/empty.csv": lambda: "",
    "orders/empty.parquet": lambda: "",
    "orders/no_header.csv": lambda: ORDER + ORDER,
    "orders/many_cells.csv": lambda: ORDER_HEADER + "," * 900_000 + MARK,
    "orders/nul.csv": lambda: ORDER_HEADER + ORDER.replace("SECRET", "\0"),
    "orders/of_strangers.csv": lambda: ORDER_HEADER + "".join(f"x{n},o,2026-05-01,USD,1,{MARK}\n" for n in range(1001)),
    "orders/contradiction.csv": lambda: ORDER_HEADER + ORDER + ORDER.replace("1 S", "2 S"),
    "recipients/year_one.csv": lambda: (
        f"organization_id,campaign_id,recipient_id,created_at,address1\nodd,c,r,0001-01-01T00:00:00+01:00,{MARK}\n"
    ),
    "orders/\x1b[31mred\n.csv": lambda: ORDER_HEADER + f"odd,{MARK}\n",
    f"orders/{'long' * 60}.csv": lambda: ORDER_HEADER + f"odd,{MARK}\n",
}
SHOWN = {"orders/\x1b[31mred\n.csv": "orders/\\x1b[31mred\\n.csv", f"orders/{'long' * 60}.csv": "orders/longlong"}


def test_damaged_files_are_named_once_and_nothing_of_them_stays(
    place: Workspace, inbox: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, content in DAMAGED.items():
        put(inbox, name, content())
    report = load_beside_the_good(place, capfd)
    for name in DAMAGED:
        named = [error for error in report.errors if error.startswith(SHOWN.get(name, name))]
        assert len(named) == 1, (name, report.errors)
    assert len(report.errors) == len(DAMAGED), report.errors
    assert not left_behind(place)


def special_files(inbox: Path, outside: Path) -> Iterator[str]:
    """Puts what is no regular file of the inbox there; yields how each is named."""
    folder = inbox / "orders"
    (outside / "orders").mkdir(parents=True)
    put(outside, "orders/out.csv", ORDER_HEADER + ORDER)
    os.mkfifo(folder / "pipe.csv")
    yield "orders/pipe.csv"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "socket.csv"))
    listening.close()
    yield "orders/socket.csv"
    links = {
        "device.csv": Path("/dev/zero"),
        "out.csv": outside / "orders" / "out.csv",
        "folder_out": outside / "orders",
        "inside": inbox / "campaigns",
        "nowhere.csv": folder / "not there",
        "self.csv": folder / "self.csv",
    }
    (inbox / "campaigns").mkdir()
    for name, target in links.items():
        (folder / name).symlink_to(target)
        yield f"orders/{name}"
    (inbox / "refunds").symlink_to(outside / "orders")
    yield "refunds"
    (inbox / "strange").symlink_to(outside / "orders")
    yield "strange/"


def test_only_regular_files_inside_the_inbox_are_opened(
    place: Workspace, inbox: Path, tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]
) -> None:
    names = list(special_files(inbox, tmp_path_factory.mktemp("outside")))
    put(inbox, "campaigns/kept/c.csv", "organization_id,campaign_id,name\nodd,c,C\n")
    (inbox / "campaigns" / "link.csv").symlink_to(inbox / "campaigns" / "kept" / "c.csv")
    report = load_beside_the_good(place, capfd)
    for name in names:
        assert len([error for error in report.errors if error.startswith(f"{name}:")]) == 1, (name, report.errors)
    assert len(report.errors) == len(names), report.errors
    files = ask(place, "select file_name from raw_files.files where entity = 'campaigns' order by all")
    assert files == [("campaigns/kept/c.csv",), ("campaigns/link.csv",)]
    assert not left_behind(place)


def test_names_of_any_bytes_are_kept_apart_and_can_be_forgotten(
    place: Workspace, inbox: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = [b"\xff.csv", b"\\xff.csv", b"\\\xff.csv", b"\xfe.csv", "é\n.csv".encode(), b"'; drop.csv"]
    for number, name in enumerate(names):
        row = f"organization_id,campaign_id,name\nodd,c{number},C\n"
        put(inbox, b"campaigns/" + name, row)
    assert not load_beside_the_good(place, capfd).errors
    stored = {name for (name,) in ask(place, "select file_name from raw_files.files where entity = 'campaigns'")}
    assert stored == {
        *("campaigns//\\xff.csv", "campaigns/\\xff.csv", "campaigns//\\\\\\xff.csv", "campaigns//\\xfe.csv"),
        *("campaigns/é\n.csv", "campaigns/'; drop.csv"),
    }
    assert load(place).rows_new == 0
    with pytest.raises(MatchbackError, match="still in the inbox"):
        source.forget_file(place, "campaigns//\\xff.csv")
    (inbox / os.fsdecode(b"campaigns/\xff.csv")).unlink()
    assert "1 rows were withdrawn" in source.forget_file(place, "campaigns//\\xff.csv")


def test_a_file_time_of_any_year_is_within_the_bounds(place: Workspace, inbox: Path) -> None:
    for name, seconds in {"early": -(2**33), "late": 2**33}.items():
        path = put(inbox, f"campaigns/{name}.csv", "organization_id,campaign_id,name\nodd,c,C\n")
        os.utime(path, (seconds, seconds))
    assert not load(place).errors
    times = ask(place, "select file_modified_at::text from raw_files.files where entity = 'campaigns' order by all")
    assert times == [("1990-01-01 00:00:00",), ("2099-12-31 23:59:59",)]
    assert load(place).rows_new == 0


def endless_orders(megabytes: int) -> bytes:
    """Orders without a mistake, as many as take so much room; quickly made."""
    return gzip.compress(ORDER_HEADER.encode()) + gzip.compress(ORDER.encode() * 20_000) * megabytes


@pytest.mark.parametrize(
    ("setting", "value", "content", "message"),
    [
        ("FILE_MAX_SECONDS", "5", lambda: endless_orders(500), "it takes longer than 5 seconds"),
        ("FILE_MAX_MB", "2", lambda: endless_orders(3), "it holds more than 2 MB"),
        (
            "FILE_MEMORY_MB",
            "256",
            lambda: gzip.compress(parquet(**order_columns(2) | {"email": pa.array(["x" * (150 << 20)] * 2)}), 1),
            "it takes more than 256 MB of memory",
        ),
    ],
)
def test_a_file_that_takes_too_much_is_given_up(
    setting: str,
    value: str,
    content: Callable[[], bytes],
    message: str,
    place: Workspace,
    inbox: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"LOAD__{setting}", value)
    name = "orders/huge.parquet.gz" if setting == "FILE_MEMORY_MB" else "orders/huge.csv.gz"
    put(inbox, name, content())
    report = load_beside_the_good(place, capfd)
    assert [error.startswith(f"{name}: {message}") for error in report.errors] == [True], report.errors
    assert not left_behind(place)


@pytest.mark.parametrize("value", ["much", "0", "-1"])
def test_a_limit_that_is_no_number_is_named(value: str, place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(place)
    monkeypatch.setenv("LOAD__FILE_MAX_MB", value)
    with pytest.raises(ConfigurationError, match=r"file_max_mb of \[load\] is '"):
        load(place)


def children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child in /proc")
def test_a_file_that_kills_its_reader_is_named_and_the_next_one_is_read(place: Workspace, inbox: Path) -> None:
    put(inbox, "orders/killer.csv.gz", endless_orders(50))
    before = set(children())

    def progress(name: str, _rows: int) -> None:
        if name == "orders/killer.csv.gz":
            for child in set(children()) - before:
                os.kill(child, signal.SIGSEGV)

    outcomes, errors = source.load_inbox(place, read_organizations(place.config), progress)
    assert [str(error).partition(",")[0] for error in errors] == [
        "orders/killer.csv.gz: the process that read it died (SIGSEGV)"
    ]
    assert sorted(outcome.rows for outcome in outcomes) == [GOOD_ROWS] * 3
    assert set(children()) == before


KILLED = """
import os, sys
from pathlib import Path
from dlt_pipelines.config import Workspace
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.sources.files.source import load_inbox

def progress(name, rows):
    print(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(), flush=True)
    os.kill(os.getpid(), 9)

place = Workspace.at(Path(sys.argv[1]))
load_inbox(place, read_organizations(place.config), progress)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child in /proc")
def test_the_reader_dies_with_the_load(place: Workspace, inbox: Path) -> None:
    put(inbox, "campaigns/first.jsonl", json_line("campaigns", {}))
    put(inbox, "orders/endless.csv.gz", endless_orders(500))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(place.home)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    readers = [int(pid) for pid in done.stdout.split()]
    assert done.returncode == -signal.SIGKILL
    assert readers
    give_up_at = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in readers) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in readers)


def test_a_file_that_cannot_be_landed_does_not_keep_the_others_from_it(
    place: Workspace, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "orders/aa_first.jsonl", json_line("orders", {}))
    calls: list[Any] = []

    def failing(*arguments: Any) -> None:
        calls.append(arguments)
        # all together, and then the first by itself
        if len(calls) <= 2:
            raise MatchbackError("The pipeline files failed.")
        land(*arguments)

    monkeypatch.setattr("dlt_pipelines.sources.files.source.land", failing)
    outcomes, errors = source.load_inbox(place, read_organizations(place.config), lambda _name, _rows: None)
    assert [str(error) for error in errors] == [
        "orders/aa_first.jsonl: its rows could not be landed. The pipeline files failed."
    ]
    assert [outcome.rows for outcome in outcomes] == [GOOD_ROWS] * 3
    assert ask(place, "select count(*), count(distinct file_name) from raw_files.orders") == [(3 * GOOD_ROWS, 3)]


ODD_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", " ", "\0", "\ufeff", "\ud800", "'", '"', "|" * 200, "\u202e", "=1+1", "NaN", "-0", "1e400"]),
    st.sampled_from(["9" * 5000, "0001-01-01", "9999-12-31T23:59:59-05:00", "1_000", "٣", "1e-4000000000", "6.1E+9"]),
    st.integers(1, 3).map(lambda times: "long " * 10 ** (times + 2)),
).map(lambda odd: f"{odd}{MARK}" if len(odd) % 3 else odd)
ODD_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), ODD_TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=2)),
    max_leaves=4,
)
ENTITY_NAMES = st.sampled_from(sorted(REQUIRED))


@st.composite
def odd_rows(draw: st.DrawFn, entity: str) -> list[dict[str, Any]]:
    """A few rows of an entity, of which some columns hold anything."""
    # whose row was left out is said, so whose it is may be shown
    columns = sorted(ENTITIES[entity].columns.keys() - {"organization_id"})
    rows = []
    for number in range(draw(st.integers(1, 3))):
        key = {ENTITIES[entity].key[-1]: f"k{number}"}
        odd = draw(st.dictionaries(st.sampled_from(columns), ODD_VALUES, max_size=2))
        rows.append({"organization_id": "odd"} | REQUIRED[entity] | key | odd)
    return rows


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted({name for row in rows for name in row}))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(errors="surrogatepass")


def as_jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    try:
        return parquet(**{name: pa.array([row.get(name) for row in rows]) for name in rows[0]})
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        # Parquet cannot say it; whatever this is, it is no Parquet
        return as_jsonl(rows)


@st.composite
def hostile_files(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    """Folder, name without what makes it unique, and content of a file."""
    entity = draw(ENTITY_NAMES)
    suffix, write = draw(
        st.sampled_from([(b".csv", as_csv), (b".jsonl", as_jsonl), (b".parquet", as_parquet), (b".csv", as_jsonl)])
    )
    content = write(draw(odd_rows(entity)))
    if draw(st.booleans()):
        content, suffix = gzip.compress(content), suffix + b".gz"
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=20)) + content[at + draw(st.integers(0, 40)) :]
    name = draw(st.binary(max_size=12)).replace(b"/", b"").replace(b"\0", b"").replace(b".", b"")
    return entity, name + suffix, content


def made_files(count: int) -> list[tuple[str, bytes, bytes]]:
    """Different hostile files, always the same."""
    files = []

    # made alone and loaded together, for a load takes seconds
    @settings(max_examples=count, deadline=None, database=None, derandomize=True)
    @given(hostile_files())
    def make(file: tuple[str, bytes, bytes]) -> None:
        files.append(file)

    make()
    return files


def check_hostile_files(
    place: Workspace, files: list[tuple[str, bytes, bytes]], capfd: pytest.CaptureFixture[str]
) -> int:
    """Loads files beside the good ones, and checks that each is loaded or named once; says how many are loaded."""
    inbox = prepare(place)
    for number, (entity, name, content) in enumerate(files):
        put(inbox, f"{entity}/{number:04d}_".encode() + name, content)
    report = load_beside_the_good(place, capfd)
    # after the folder: one slash, or two where the name is not UTF-8
    beginning = re.compile(r"(\w+)//?(\d{4})_")
    loaded = {
        int(found[2])
        for (name,) in ask(place, "select file_name from raw_files.files")
        if (found := beginning.match(name))
    }
    named = Counter(
        int(found[2])
        for error in report.errors
        if (found := beginning.match(error)) and "unknown columns were kept out" not in error
    )
    for number, file in enumerate(files):
        assert named[number] == (number not in loaded), (
            file,
            [error for error in report.errors if str(number) in error],
        )
    return len(loaded)


@pytest.mark.long
def test_whatever_a_file_holds_it_is_loaded_or_named_once(
    is_long: bool, new_place: Callable[[str], Workspace], capfd: pytest.CaptureFixture[str]
) -> None:
    files = made_files(5_000 if is_long else 100)
    loaded = sum(
        check_hostile_files(new_place("fuzz"), files[number : number + 100], capfd)
        for number in range(0, len(files), 100)
    )
    assert 0.1 < loaded / len(files) < 0.9, "some are good and some are not"
