"""The inbox: what is read, what is refused, and that nothing is lost or doubled by reading again."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import InputFileError, MatchbackError
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.sources.files.source import forget_file, load_inbox
from dlt_pipelines.sources.files.spool import FileOutcome

ORGANIZATIONS = """\
organization_id,name,status,sync_orders,provider,country,currency
acorn,Acorn,live,true,files,US,USD
oak,Oak,live,true,klaviyo,US,USD
elm,Elm,live,false,files,US,USD
"""
RECIPIENTS = """\
organization_id,campaign_id,recipient_id,created_at,is_holdout,email
acorn,spring,r1,2026-05-01T09:00:00Z,false,r1@mail.example
acorn,spring,r2,2026-05-01T09:00:00Z,true,r2@mail.example
"""
ORDERS = """\
organization_id,order_id,ordered_at,currency,total_amount
acorn,o1,2026-05-01T09:00:00Z,USD,50.00
"""


@pytest.fixture
def inbox(place: Workspace) -> Path:
    (place.config / "organizations.csv").write_text(ORGANIZATIONS, encoding="utf-8")
    return place.inbox


def put(inbox: Path, name: str, content: str | bytes) -> Path:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def load(place: Workspace, *accepted: str) -> tuple[list[FileOutcome], list[InputFileError]]:
    return load_inbox(place, read_organizations(place.config), lambda _name, _rows: None, accepted=accepted)


def rows(place: Workspace, entity: str) -> list[tuple[str, str, bool, int]]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return connection.execute(
            f"select object_id, payload, is_withdrawal, file_read from raw_files.{entity} order by all"
        ).fetchall()


BROKEN = {
    "a missing required column": (
        "orders/bad.csv",
        "organization_id,order_id,ordered_at,currency\nacorn,o9,2026-05-01,USD\n",
        "orders/bad.csv, line 1: the required column total_amount is missing",
    ),
    "a column that stands twice": (
        "orders/bad.csv",
        ORDERS.replace("currency", "order_id", 1),
        "orders/bad.csv, line 1: the column 'order_id' stands twice",
    ),
    "an empty required cell": (
        "orders/bad.csv",
        ORDERS + "acorn,o2,2026-05-01T09:00:00Z,,50\n",
        "orders/bad.csv, line 3: the required column currency is empty",
    ),
    "a row with too few cells": (
        "orders/bad.csv",
        ORDERS + "acorn,o2,2026-05-01\n",
        "orders/bad.csv, line 3: 3 cells where the header has 5 columns",
    ),
    "a row with too many cells": (
        "orders/bad.csv",
        ORDERS + "acorn,o2,2026-05-01,USD,50,00\n",
        "orders/bad.csv, line 3: 6 cells where the header has 5 columns",
    ),
    "a wrong date after a cell of two lines": (
        "recipients/bad.csv",
        RECIPIENTS + '"acorn",spring,"r\n3",2026-05-01,false,x\nacorn,spring,r4,31.05.2026,false,secret@mail.example\n',
        "recipients/bad.csv, line 6: the column created_at is not an ISO 8601 time",
    ),
    "a wrong amount": (
        "orders/bad.csv",
        ORDERS.replace("50.00", '"50,00"'),
        "orders/bad.csv, line 2: the column total_amount is not a decimal number",
    ),
    "an amount that no column holds": (
        "orders/bad.csv",
        ORDERS.replace("50.00", "1e30"),
        "orders/bad.csv, line 2: the column total_amount is not a decimal number below 1,000,000,000,000",
    ),
    "a wrong truth value": (
        "recipients/bad.csv",
        RECIPIENTS.replace("true", "maybe"),
        "recipients/bad.csv, line 3: the column is_holdout is neither true nor false",
    ),
    "a status that nobody knows": (
        "campaigns/bad.csv",
        "organization_id,campaign_id,name,status\nacorn,c,C,stopped\n",
        "campaigns/bad.csv, line 2: the column status is not one of draft, active, paused, archived",
    ),
    "an open quote": (
        "orders/bad.csv",
        ORDERS + 'acorn,"o2,2026-05-01,USD,50\n',
        "orders/bad.csv, line 3: not readable as CSV",
    ),
    "a line that is no JSON": (
        "orders/bad.jsonl",
        '{"organization_id": "acorn"\n',
        "orders/bad.jsonl, line 1: not readable as a JSON object",
    ),
    "a JSON line that is no object": ("orders/bad.jsonl", "[1]\n", "orders/bad.jsonl, line 1: not a JSON object"),
    "a JSON object in a column": (
        "orders/bad.jsonl",
        '{"organization_id": "acorn", "order_id": "o", "email": {"to": "x@mail.example"}}\n',
        "orders/bad.jsonl, line 1: the column email holds an object where a text is expected",
    ),
    "a list in a text column": (
        "orders/bad.jsonl",
        '{"organization_id": "acorn", "order_id": "o", "email": ["x@mail.example"]}\n',
        "orders/bad.jsonl, line 1: the column email holds a list where a text is expected",
    ),
    "ids that a spreadsheet rounded": (
        "orders/bad.csv",
        ORDERS.replace("o1", "6.11E+12"),
        "orders/bad.csv, line 2: the column order_id is in scientific notation",
    ),
    "a refund that is negative": (
        "refunds/bad.csv",
        "organization_id,order_id,refund_id,refunded_at,amount\nacorn,o1,r1,2026-05-02,-40.00\n",
        "refunds/bad.csv, line 2: the column amount is negative",
    ),
    "a refunded amount that is negative": (
        "orders/bad.csv",
        "organization_id,order_id,ordered_at,currency,total_amount,refunded_amount\nacorn,o1,2026-05-02,USD,50,-0.01\n",
        "orders/bad.csv, line 2: the column refunded_amount is negative",
    ),
    "a row per line": (
        "orders/bad.csv",
        ORDERS + "acorn,o1,2026-05-01T09:00:00Z,USD,20.00\n",
        "orders/bad.csv, line 3: it has the key of line 2 and another value in total_amount, and neither has an "
        "updated_at that says which holds. An export with a row per line needs one row per order here, and its lines "
        "in order_lines/.",
    ),
    "two times of one piece of mail": (
        "recipients/bad.csv",
        "organization_id,campaign_id,recipient_id,created_at,is_holdout,sent_at\n"
        "acorn,spring,r1,2026-04-01,false,2026-05-01T00:00:01\nacorn,spring,r1,2026-04-01,false,2026-05-08\n",
        "recipients/bad.csv, line 3: it has the key of line 2 and another value in sent_at",
    ),
    "recipients who were all created after they were sent": (
        "recipients/bad.csv",
        "organization_id,campaign_id,recipient_id,created_at,is_holdout,sent_at\n"
        "acorn,spring,r1,2026-05-02,false,2026-05-01\nacorn,spring,r2,2026-05-02,true,\n",
        "recipients/bad.csv: all recipients of the campaign 'spring' have a created_at after they were sent.",
    ),
    "recipients who are all created in the future": (
        "recipients/bad.csv",
        RECIPIENTS.replace("2026", "2099"),
        "recipients/bad.csv: all recipients of the campaign 'spring' have a created_at in the future.",
    ),
    "half a character": (
        "recipients/bad.jsonl",
        '{"organization_id": "acorn", "campaign_id": "c", "recipient_id": "r", "city": "\\ud800"}\n',
        "recipients/bad.jsonl, line 1: the column city holds half a character",
    ),
    "a file that is not UTF-8": ("orders/bad.csv", ORDERS.encode("utf-16"), "orders/bad.csv: the file is not UTF-8"),
    "a file that is not gzip": ("orders/bad.csv.gz", ORDERS, "orders/bad.csv.gz: the file cannot be read"),
    "a file that is not Parquet": ("orders/bad.parquet", ORDERS, "orders/bad.parquet: the file cannot be read"),
    "a file of another kind": ("orders/bad.xlsx", "x", "orders/bad.xlsx: only .csv, .jsonl and .parquet files"),
    "a folder of another name": ("order/good.csv", ORDERS, "order/: not a folder of the inbox"),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_and_nothing_of_it_is_loaded(
    name: str, content: str | bytes, message: str, place: Workspace, inbox: Path
) -> None:
    put(inbox, name, content)
    put(inbox, "recipients/good.csv", RECIPIENTS)
    _, errors = load(place)
    assert [message in str(error) for error in errors] == [True], errors
    assert "mail.example" not in str(errors[0]), "a message must not quote personal data"
    assert len(rows(place, "recipients")) == 2, "the good file is loaded all the same"
    with duckdb.connect(str(place.database), read_only=True) as connection:
        assert connection.execute("select file_name from raw_files.files").fetchall() == [("recipients/good.csv",)]


def test_unknown_columns_and_rows_of_others_are_counted_and_named(place: Workspace, inbox: Path) -> None:
    put(inbox, "recipients/list.csv", "organization_id,campaign_id,recipient_id,shoe_size\nacorn,c,r,43\nash,c,r,44\n")
    orders = ORDERS + "oak,o1,2026-05-01,USD,1\nelm,o1,2026-05-01,USD,1\nelm,o2,2026-05-01,USD,1\n"
    put(inbox, "orders/orders.csv", orders)
    outcomes, errors = load(place)
    assert not errors
    recipients, taken_orders = outcomes
    assert recipients.unknown_columns == ["shoe_size"]
    assert recipients.left_out_reason == {"ash": "it is not in organizations.csv"}
    assert dict(taken_orders.left_out) == {"oak": 1, "elm": 2}
    assert taken_orders.left_out_reason["oak"] == "its provider is klaviyo, not files"
    assert "shoe_size" not in rows(place, "recipients")[0][1]


@pytest.mark.parametrize(
    ("drops", "second"), [(("A", "B"), "2026-05-02"), (("", ""), "2026-05-08")], ids=["drops", "seven days"]
)
def test_several_pieces_of_one_recipient_stand_in_one_file(
    place: Workspace, inbox: Path, drops: tuple[str, str], second: str
) -> None:
    header = "organization_id,campaign_id,recipient_id,drop_id,sent_at\n"
    first_row, second_row = (
        f"acorn,spring,r1,{drop},{day}\n" for drop, day in zip(drops, ("2026-05-01", second), strict=True)
    )
    put(inbox, "recipients/log.csv", header + first_row + second_row)
    outcomes, errors = load(place)
    assert not errors
    assert outcomes[0].rows_new == 2


def test_rows_left_out_are_taken_once_their_organization_is_there(place: Workspace, inbox: Path) -> None:
    put(inbox, "recipients/list.csv", RECIPIENTS + "ash,spring,r1,2026-05-01T09:00:00Z,false,\n")
    load(place)
    assert len(rows(place, "recipients")) == 2
    (place.config / "organizations.csv").write_text(
        ORGANIZATIONS + "ash,Ash,live,true,files,US,USD\n", encoding="utf-8"
    )
    outcomes, _ = load(place)
    assert [outcome.rows_new for outcome in outcomes] == [1]
    assert len(rows(place, "recipients")) == 3


def test_the_same_load_again_adds_nothing_even_if_the_file_was_touched(place: Workspace, inbox: Path) -> None:
    path = put(inbox, "recipients/list.csv", RECIPIENTS)
    load(place)
    before = rows(place, "recipients")
    os.utime(path, (0, 0))
    assert load(place) == ([], [])
    assert rows(place, "recipients") == before


def test_other_content_is_read_though_size_and_time_are_as_they_were(place: Workspace, inbox: Path) -> None:
    path = put(inbox, "orders/may.csv", ORDERS)
    load(place)
    times = path.stat()
    path.write_text(ORDERS.replace("50.00", "99.00"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [outcome.rows_new for outcome in load(place)[0]] == [1]
    assert load(place) == ([], [])


def test_one_recipient_created_before_the_mail_shows_that_created_at_is_meant(place: Workspace, inbox: Path) -> None:
    header = "organization_id,campaign_id,recipient_id,created_at,is_holdout,sent_at\n"
    put(
        inbox,
        "recipients/list.csv",
        f"{header}acorn,spring,late,2026-05-02,false,2026-05-01\nacorn,spring,r,2026-05-01,false,2026-05-01\n",
    )
    assert load(place)[1] == []


def test_a_whole_float_is_a_whole_number_as_far_as_a_double_holds_each(place: Workspace, inbox: Path) -> None:
    good = {"organization_id": "acorn", "ordered_at": "2026-05-01", "currency": "USD", "total_amount": "5"}
    for name, order_id in {"whole": 2.0**53 - 1, "rounded": 2.0**53}.items():
        (inbox / "orders").mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist([good | {"order_id": order_id}]), inbox / "orders" / f"{name}.parquet")
    [error] = load(place)[1]
    assert str(error).startswith("orders/rounded.parquet, row 1: the column order_id is a floating-point number")
    assert [key for key, *_ in rows(place, "orders")] == ['["9007199254740991"]']


def list_of(numbers: range) -> str:
    return "organization_id,campaign_id,recipient_id,city\n" + "".join(f"acorn,c,r{one},Ely\n" for one in numbers)


@pytest.mark.parametrize(
    ("rows_before", "rows_now", "is_held"),
    [
        *((200, range(100), False), (201, range(101), False), (201, range(100), True), (199, range(100), False)),
        *((300, range(149), True), (300, range(150), False), (300, range(1000, 1300), True)),
    ],
)
def test_a_file_most_of_whose_rows_are_gone_is_held_until_it_is_accepted(
    place: Workspace, inbox: Path, rows_before: int, rows_now: range, is_held: bool
) -> None:
    put(inbox, "recipients/list.csv", list_of(range(rows_before)))
    load(place)
    put(inbox, "recipients/list.csv", list_of(rows_now))
    _, errors = load(place)
    assert bool(errors) == is_held
    if is_held:
        assert "--accept recipients/list.csv" in str(errors[0])
        assert not any(withdrawn for _, _, withdrawn, _ in rows(place, "recipients"))
        assert load(place)[1], "it stays held"
        assert load(place, "recipients/list.csv")[1] == []
    withdrawn = sum(withdrawn for _, _, withdrawn, _ in rows(place, "recipients"))
    assert withdrawn == len(set(range(rows_before)) - set(rows_now))
    assert load(place) == ([], [])


def test_what_is_accepted_must_be_there(place: Workspace, inbox: Path) -> None:
    put(inbox, "orders/may.csv", ORDERS)
    [error] = load(place, "orders/june.csv")[1]
    assert str(error).startswith("orders/june.csv: there is no such file in the inbox")


def test_a_changed_file_adds_only_what_changed_and_withdraws_what_is_gone(place: Workspace, inbox: Path) -> None:
    put(inbox, "recipients/list.csv", RECIPIENTS + "acorn,spring,r3,2026-05-01T09:00:00Z,false,r3@mail.example\n")
    load(place)
    put(inbox, "recipients/list.csv", RECIPIENTS.replace("r1@", "new@"))
    outcomes, _ = load(place)
    assert [outcome.rows_new for outcome in outcomes] == [2]
    second = [(key, withdrawn) for key, _, withdrawn, read in rows(place, "recipients") if read == 2]
    assert second == [('["spring","r1"]', False), ('["spring","r3"]', True)]


def test_a_file_that_left_the_inbox_withdraws_nothing_until_it_is_forgotten(place: Workspace, inbox: Path) -> None:
    path = put(inbox, "recipients/list.csv", RECIPIENTS)
    load(place)
    with pytest.raises(MatchbackError, match="still in the inbox"):
        forget_file(place, "recipients/list.csv")
    path.unlink()
    assert load(place) == ([], [])
    assert not any(withdrawn for _, _, withdrawn, _ in rows(place, "recipients"))
    assert "2 rows were withdrawn" in forget_file(place, "recipients/list.csv")
    assert "forgotten before" in forget_file(place, "recipients/list.csv")
    assert sum(withdrawn for _, _, withdrawn, _ in rows(place, "recipients")) == 2
    with pytest.raises(MatchbackError, match="never read"):
        forget_file(place, "recipients/other.csv")
    put(inbox, "recipients/list.csv", RECIPIENTS)
    assert [outcome.rows_new for outcome in load(place)[0]] == [2], "put back, it counts again"


def test_csv_json_lines_parquet_and_gzip_say_the_same(place: Workspace, inbox: Path) -> None:
    record: dict[str, Any] = {
        "organization_id": "acorn",
        "order_id": "o1",
        "currency": "usd",
        "ordered_at": "2026-05-01T11:00:00+02:00",
    }
    record |= {"discount_codes": ["A", "B"], "is_test": False, "email": None}
    lines = (
        "organization_id,order_id,currency,ordered_at,discount_codes,is_test,email,total_amount\n"
        "acorn,o1,usd,2026-05-01T11:00:00+02:00,A|B,no, ,84.10\n"
    )
    put(inbox, "orders/a.csv", "\ufeff" + lines)
    put(inbox, "orders/b.csv.gz", gzip.compress(lines.encode()))
    text = str(record).replace("'", '"').replace("False", "false").replace("None", "null")
    put(inbox, "orders/c.jsonl", text[:-1] + ', "total_amount": 84.10}\n\n')
    table = pa.Table.from_pylist([record]).append_column("total_amount", pa.array(["84.10"]).cast(pa.decimal128(9, 2)))
    pq.write_table(table, inbox / "orders" / "d.parquet")
    _, errors = load(place)
    assert not errors
    payloads = {payload for _, payload, _, _ in rows(place, "orders")}
    assert len(rows(place, "orders")) == 4
    assert payloads == {
        '{"currency":"USD","discount_codes":"A|B","email":"","is_test":"false","order_id":"o1",'
        '"ordered_at":"2026-05-01T09:00:00","total_amount":"84.10"}'
    }


def test_rows_landed_by_a_load_that_was_killed_are_not_doubled(place: Workspace, inbox: Path) -> None:
    """The rows are there, the record of the reading is not: the state in which a kill may leave the database."""
    put(inbox, "recipients/list.csv", RECIPIENTS)
    load(place)
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("delete from raw_files.files")
    put(inbox, "recipients/list.csv", RECIPIENTS.replace("r1@", "new@"))
    load(place)
    current = [payload for key, payload, _, read in rows(place, "recipients") if "r1" in key and read == 2]
    assert len(rows(place, "recipients")) == 3
    assert "new@" in current[0]
