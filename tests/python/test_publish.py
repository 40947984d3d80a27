"""Publishing as a person runs it: what arrives, what is sent again, what is not, and what the ledger says of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from dlt_pipelines import console, doctor, run
from dlt_pipelines.build import build
from dlt_pipelines.cli import cli
from dlt_pipelines.config import Workspace
from dlt_pipelines.destinations import command, guards, summary
from dlt_pipelines.destinations.account import Options
from dlt_pipelines.destinations.exposures import publications
from dlt_pipelines.destinations.odp.destination import host_of
from dlt_pipelines.destinations.publishing import due_organizations, publish
from dlt_pipelines.errors import ConfigurationError, MatchbackError
from dlt_pipelines.organizations import left_out
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.faults import Faults
from dlt_pipelines.sandbox.server import Destinations
from tests.python.conftest import load_files, make_workspace
from tests.python.publishing import (
    ALL,
    EXPORTS,
    FIRST,
    NAMES,
    TOOLS,
    check_against_the_warehouse,
    copied,
    publish_all,
    query,
    small_world,
    state_of,
    use,
)

# the organization whose orders come by file, which tests can change
FILES = "larkfield"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_world(tmp_path_factory)


@pytest.fixture
def world(built: Workspace, place: Workspace) -> Workspace:
    """The built world, nothing published yet."""
    return copied(built, place)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to be waited for."""
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Destinations]:
    """Empty accounts, and settings that point there."""
    served = server.destinations_of(NAMES)
    with server.running([], [], served) as base_url:
        use(monkeypatch, base_url)
        yield served


def requests_of(accounts: Destinations) -> int:
    return sum(one.requests for one in (*accounts.odp.values(), *accounts.omnisend.values()))


def ledger(place: Workspace, tool: str) -> dict[str, int]:
    rows = query(place, "select status, count(*) from ops.publish_ledger where destination = ? group by all", tool)
    return dict(rows)


def check_that_nobody_can_tell_who_is_held_out(place: Workspace) -> None:
    """What is sent of an order that a holdout won differs from one without mail in the order's own facts alone."""
    credit: dict[str, set[str]] = {}
    statuses = dict(
        query(
            place,
            """
            select organization_id || '/' || order_id, case when is_holdout then 'holdout' else attribution_status end
            from marts.fct_order_attributions
            """,
        )
    )
    for tool in TOOLS:
        report = publish(place, tool, Options(is_backfill=True, is_first_run=True))
        assert report.requests_file is not None
        assert b"holdout" not in report.requests_file.read_bytes().lower()
    for name, order_id, *told in query(
        place,
        "select organization_id, order_id, dm_status, dm_campaign_id, dm_match_method, dm_matched_on "
        "from exports.sync_odp__orders",
    ):
        credit.setdefault(statuses[f"{name}/{order_id}"], set()).add(orjson.dumps(told).decode())
    assert credit["holdout"] == credit["unmatched"] == {'["unmatched","none","none","none"]'}


def test_a_full_publish_is_what_the_warehouse_has_and_a_second_one_sends_nothing(
    world: Workspace, accounts: Destinations
) -> None:
    for report in publish_all(world, FIRST):
        assert not report.errors
    assert check_against_the_warehouse(world, accounts) > 400
    held, requests = state_of(accounts), requests_of(accounts)
    objects = query(
        world,
        "select organization_id, order_id, dm_campaign_id, dm_match_method, dm_status from exports.sync_odp__orders",
    )
    for name, order_id, campaign_id, method, status in objects:
        fields = accounts.odp[name].orders[order_id].fields
        told = (fields["dm_campaign_id"], fields["dm_match_method"], fields["dm_status"])
        assert told == (campaign_id, method, status)
    assert {row[2] for row in objects} > {"none"}, "some order is credited"
    check_that_nobody_can_tell_who_is_held_out(world)
    seen = "select sync_key, first_seen_at, last_seen_at from marts.fct_publish_rejects order by sync_key"
    before = query(world, seen)
    for report in publish_all(world):
        assert not report.errors
        assert sum(record.requests for record in report.records) == 0
    assert requests_of(accounts) == requests
    assert state_of(accounts) == held
    assert set(ledger(world, "odp")) == {"accepted", "rejected"}
    assert set(ledger(world, "omnisend")) == {"confirmed"}
    [(code,)] = query(world, "select distinct error_code from ops.publish_ledger where status = 'rejected'")
    assert code == "other_currency"
    for (key, first, last), (key_now, first_now, last_now) in zip(before, query(world, seen), strict=True):
        assert (key, first) == (key_now, first_now), "refused since the first run"
        assert last < last_now, "and found so by the second one"
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            "update exports.sync_odp__order_events set payload_hash = 'new' where reject_reason = 'other_currency'"
        )
    publish_all(world)
    assert [(key, first) for key, first, _ in query(world, seen)] == [(key, first) for key, first, _ in before]


def append(place: Workspace, folder: str, name: str, rows: list[dict[str, Any]]) -> None:
    with (place.inbox / folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def sent(place: Workspace, tool: str, options: Options = ALL) -> dict[str, int]:
    """Publishes, and gives how many rows of each entity were sent for the organization with files."""
    report = publish(place, tool, options)
    assert not report.errors, report.errors
    return {one.entity: one.sent_rows for one in report.records if one.organization_id == FILES and one.sent_rows}


def test_what_changed_is_sent_once_and_what_a_cancellation_carried_is_not_subtracted_again(
    world: Workspace, accounts: Destinations
) -> None:
    publish_all(world, FIRST)
    before = requests_of(accounts)
    account = accounts.odp[FILES]
    [(plain, total)] = query(
        world,
        """
        select order_id, total_amount from intermediate.int_orders__published
        where organization_id = ? and net_amount = total_amount and currency = 'GBP' and status = 'paid'
        and order_id in (select order_id from marts.fct_order_attributions where attribution_status = 'unmatched')
        order by order_id limit 1
        """,
        FILES,
    )
    [(cancelled,)] = query(
        world,
        """
        select order_id from intermediate.int_orders__published
        where organization_id = ? and is_cancelled and refunded_amount is null and currency = 'GBP'
        order by order_id limit 1
        """,
        FILES,
    )
    assert account.orders[cancelled].total == 0
    refund = {"organization_id": FILES, "refund_id": "R1", "refunded_at": "2026-10-20T10:00:00Z", "reason": "late"}
    append(
        world,
        "refunds",
        "late.csv",
        [refund | {"order_id": plain, "amount": "1.25"}, refund | {"order_id": cancelled, "amount": "2.00"}],
    )
    load_files(world)
    build(world, select=EXPORTS)
    assert sent(world, "odp") == {"order_events": 1, "orders": 1}
    assert sent(world, "omnisend") == {"order_events": 2}
    assert requests_of(accounts) - before == 3
    assert (account.orders[plain].total, account.orders[plain].fields["status"]) == (total - Decimal("1.25"), "refund")
    assert account.orders[cancelled].total == 0, "the cancellation took the refund's amount along"
    rows = query(world, "select status, error_code from ops.publish_ledger where sync_key like ?", f'%"{cancelled}"%')
    assert ("accepted", "carried_by_cancellation") in rows
    assert ("conflict", "changed_after_sending") in rows
    after = requests_of(accounts)
    assert not sent(world, "odp")
    assert requests_of(accounts) == after
    [(status,)] = query(world, "select status from marts.fct_publish_rejects where sync_key like ?", f'%"{cancelled}"%')
    assert status == "conflict"


def test_a_refund_that_was_refused_before_the_cancellation_is_still_to_be_subtracted(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cancellation left its amount out, so it has not gone with it."""
    monkeypatch.setenv("DESTINATION__ODP__ASSUME_ATOMIC_400", "true")
    [(cancelled, total)] = query(
        world,
        """
        select order_id, total_amount from exports.sync_odp__order_events
        where organization_id = ? and action = 'cancel' and reject_reason is null order by order_id limit 1
        """,
        FILES,
    )
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            """
            insert into exports.sync_odp__order_events
            select * replace (
                'refund' as action, 'R1' as sync_key, sync_key as carried_by_key, 2 as send_order, 2 as total_amount,
                0 as subtotal_amount, '12' as phone_number
            )
            from exports.sync_odp__order_events where order_id = $1 and action = 'cancel';
            """,
            [cancelled],
        )
        connection.execute(
            "update exports.sync_odp__order_events set total_amount = $2 where order_id = $1 and action = 'cancel'",
            [cancelled, total - 2],
        )
    options = replace(FIRST, organizations=(FILES,), order_ids=(cancelled,))
    publish(world, "odp", options)
    account = accounts.odp[FILES]
    assert account.orders[cancelled].total == 2, "the refund is refused for its phone number"
    with duckdb.connect(str(world.database)) as connection:
        connection.execute("update exports.sync_odp__order_events set phone_number = null where sync_key = 'R1'")
    publish(world, "odp", options)
    assert account.orders[cancelled].total == 0
    assert account.orders[cancelled].refunded == 2


def test_a_dry_run_writes_the_requests_that_sending_would_make_and_sends_nothing(
    world: Workspace, accounts: Destinations
) -> None:
    for tool in TOOLS:
        report = publish(world, tool, Options(is_backfill=True))
        assert report.requests_file is not None
        assert report.requests_file.stat().st_mode & 0o777 == 0o600
        lines = [orjson.loads(line) for line in report.requests_file.read_bytes().splitlines()]
        assert len(lines) == report.requests
        assert all(list(line) == ["method", "path", "body"] for line in lines)
        assert requests_of(accounts) == 0
        paths = {line["path"] for line in lines}
        assert paths == ({"/v5/batches"} if tool == "omnisend" else {f"/v3/{path}" for path in ODP_PATHS})
    publish_all(world, FIRST)
    made = requests_of(accounts)
    dry = sum(len((world.outbox / tool / "requests.jsonl").read_bytes().splitlines()) for tool in TOOLS)
    assert dry == made, "as many as it said"


ODP_PATHS = ("objects/products", "events", "objects/orders", "profiles")


def test_old_rows_go_with_backfill_alone_and_what_depends_on_them_waits(
    world: Workspace, accounts: Destinations, capsys: pytest.CaptureFixture[str]
) -> None:
    report = publish(world, "odp", replace(FIRST, is_backfill=False))
    assert not report.errors
    events = {one.organization_id: one for one in report.records if one.entity == "order_events"}
    assert events[FILES].waiting_rows > 100
    oldest = min(at for one in accounts.odp.values() for _, _, at in one.events)
    assert oldest > 1_790_000_000, "nothing of months ago"
    for account in accounts.odp.values():
        purchased = {order for order, action, _ in account.events if action == "purchase"}
        assert {order for order, action, _ in account.events if action != "purchase"} <= purchased
    summary.show(report, "odp")
    assert "rows happened longer ago than backfill_after_days; they go with --backfill." in capsys.readouterr().out


def test_chosen_orders_alone(world: Workspace, accounts: Destinations) -> None:
    chosen = tuple(
        order_id
        for (order_id,) in query(
            world,
            "select order_id from exports.sync_odp__orders where organization_id = ? order by order_id limit 2",
            FILES,
        )
    )
    for report in publish_all(world, replace(FIRST, order_ids=chosen)):
        assert not report.errors
    assert set(accounts.odp[FILES].orders) == set(chosen)
    assert set(accounts.omnisend[FILES].orders()) == set(chosen)
    assert not accounts.odp[FILES].products, "only what is about an order"
    before = requests_of(accounts)
    for is_sent in (False, True):
        [error] = publish(world, "odp", Options(is_sent=is_sent, order_ids=("nowhere", chosen[0]))).errors
        assert error.startswith("order nowhere: none of the organizations has an order of that id")
    assert requests_of(accounts) == before


def test_where_nobody_publishes_that_is_said(world: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    path = world.config / "organizations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("odp|omnisend", ""), encoding="utf-8")
    for is_sent in (False, True):
        command.publish(world, "odp", Options(is_sent=is_sent))
        assert "No live organization has odp in its publish_to" in capsys.readouterr().out


def test_a_lost_ledger_stops_sending_until_somebody_says_that_it_is_the_first_run(
    world: Workspace, accounts: Destinations
) -> None:
    [error] = publish(world, "odp", replace(ALL, organizations=(FILES,))).errors
    assert "nothing was ever published" in error
    assert "--first-run" in error
    assert not publish(world, "odp", replace(FIRST, organizations=(FILES,))).errors
    requests = requests_of(accounts)
    for lose, reason in (
        ("delete from ops.publish_ledger", "is empty, although"),
        ("drop table ops.publish_ledger; drop table ops.publish_runs", "is missing or older than the last run"),
    ):
        with duckdb.connect(str(world.database)) as connection:
            connection.execute(lose)
        [error] = publish(world, "odp", replace(ALL, organizations=(FILES,))).errors
        assert reason in error
    assert requests_of(accounts) == requests
    for tool in TOOLS:
        assert not publish(world, tool, FIRST).errors
        with duckdb.connect(str(world.database)) as connection:
            connection.execute("drop table ops.publish_ledger; drop table ops.publish_runs")
        publish(world, tool, FIRST)
        requests = requests_of(accounts)
        assert not publish(world, tool, ALL).errors
        assert requests_of(accounts) == requests, "what was sent once more is not sent again"


def test_an_older_database_that_is_brought_back_is_known_for_one(
    world: Workspace, accounts: Destinations, tmp_path: Path
) -> None:
    options = replace(FIRST, organizations=(FILES,))
    assert not publish(world, "odp", options).errors
    older = (tmp_path / "older.duckdb").write_bytes(world.database.read_bytes())
    assert older
    assert not publish(world, "odp", replace(options, is_first_run=False)).errors
    world.database.write_bytes((tmp_path / "older.duckdb").read_bytes())
    requests = requests_of(accounts)
    [error] = publish(world, "odp", replace(options, is_first_run=False)).errors
    assert "older than the last run" in error
    guards.last_runs_file(world, "odp").write_text("{", encoding="utf-8")
    [error] = publish(world, "odp", replace(options, is_first_run=False)).errors
    assert "is damaged" in error
    assert requests_of(accounts) == requests


def test_an_extract_that_is_suddenly_empty_stops_the_run(world: Workspace, accounts: Destinations) -> None:
    assert not publish(world, "odp", FIRST).errors
    held = state_of(accounts)
    with duckdb.connect(str(world.database)) as connection:
        connection.execute("delete from exports.sync_odp__orders where organization_id = ?", [FILES])
    [error] = publish(world, "odp", ALL).errors
    assert f"odp of organization {FILES}: there is not one row of orders" in error
    assert state_of(accounts) == held


def test_unknown_rows_are_parked_listed_and_ended_by_a_person(
    world: Workspace, accounts: Destinations, capsys: pytest.CaptureFixture[str]
) -> None:
    account = accounts.odp[FILES]
    options = replace(FIRST, organizations=(FILES,))
    account.faults = Faults("odp", seed=1, share=1.0, only=["lost_after_accept"])
    [error] = publish(world, "odp", options).errors
    assert "nobody knows whether they arrived" in error
    account.faults = Faults("odp")
    unknown = ledger(world, "odp")["unknown"]
    arrived = sum(account.events.values())
    events = "select count(*) from ops.publish_ledger where entity = 'order_events' and status = 'accepted'"
    assert unknown > 0
    assert [(arrived - unknown,)] == query(world, events), "all arrived, and of some we were told"
    publish(world, "odp", replace(options, is_first_run=False))
    assert sum(account.events.values()) == arrived, "they are not sent again"
    [(batch,)] = query(world, "select min(batch_id) from ops.publish_ledger where status = 'unknown'")
    summary.show_status(world, "odp")
    assert f"--resolve sent|resend --batch {batch}`" in capsys.readouterr().out
    with pytest.raises(MatchbackError, match="There are no unknown rows of batch nonsense at odp"):
        command.resolve(world, "odp", None, True, "nonsense")
    with pytest.raises(
        MatchbackError, match=f"There are no unknown rows of batch {batch} at odp that are about nobody's"
    ):
        command.resolve(world, "odp", None, True, batch, ["nobody's"])
    [(order_id,)] = query(
        world,
        """
        select min(events.order_id) from ops.publish_ledger as ledger
        inner join exports.sync_odp__order_events as events using (sync_key)
        where ledger.batch_id = ?
        """,
        batch,
    )
    command.resolve(world, "odp", None, True, batch, [order_id])
    assert ledger(world, "odp")["unknown"] == unknown - 1, "of a request that arrived in part"
    command.resolve(world, "odp", None, True, batch)
    assert ledger(world, "odp")["unknown"] < unknown - 1
    command.resolve(world, "odp", None, True, None)
    assert not publish(world, "odp", replace(options, is_first_run=False)).errors
    assert max(account.events.values()) == 1, "nothing was counted twice"
    [(orders,)] = query(
        world,
        "select count(*) from exports.sync_odp__order_events where organization_id = ? and reject_reason is null",
        FILES,
    )
    assert sum(account.events.values()) == orders


def test_rows_that_are_to_be_sent_again_are(world: Workspace, accounts: Destinations) -> None:
    account = accounts.odp[FILES]
    options = replace(FIRST, organizations=(FILES,))
    account.faults = Faults("odp", seed=1, share=1.0, only=["unavailable"])
    publish(world, "odp", options)
    account.faults = Faults("odp")
    unknown = ledger(world, "odp")["unknown"]
    arrived = sum(account.events.values())
    events = "select count(*) from ops.publish_ledger where entity = 'order_events' and status = 'accepted'"
    assert unknown > 0
    assert [(arrived,)] == query(world, events), "what is unknown did not arrive"
    command.resolve(world, "odp", [FILES], False, None)
    assert not publish(world, "odp", replace(options, is_first_run=False)).errors
    assert sum(account.events.values()) >= arrived + unknown
    assert max(account.events.values()) == 1


def test_what_the_destination_refuses_is_tried_again_so_often_and_then_given_up(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__OMNISEND__MAX_ATTEMPTS", "2")
    [(order_id,)] = query(
        world, "select min(order_id) from exports.sync_omnisend__order_events where organization_id = ?", FILES
    )
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            "update exports.sync_omnisend__order_events set currency = 'pounds' where order_id = ?", [order_id]
        )
    options = replace(FIRST, organizations=(FILES,))
    report = publish(world, "omnisend", options)
    [refused] = [one for one in report.records if one.entity == "order_events"]
    assert refused.rejected_rows == 1, "its placement; the rest waits for it"
    assert refused.sent_rows > 100, "its siblings went on"
    [row] = query(world, "select error_code, error_pointer, error_message, attempts from marts.fct_publish_rejects")
    assert row == ("http_400", "currency", "currency must be three capital letters", 1)
    assert order_id not in accounts.omnisend[FILES].orders()
    requests = []
    for _ in range(3):
        report = publish(world, "omnisend", replace(options, is_first_run=False))
        requests.append(sum(one.requests for one in report.records))
    assert requests == [1, 0, 0], "tried once more, and no oftener than max_attempts"
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            "update exports.sync_omnisend__order_events set currency = 'GBP', payload_hash = 'new' where order_id = ?",
            [order_id],
        )
    assert not publish(world, "omnisend", replace(options, is_first_run=False)).errors
    assert order_id in accounts.omnisend[FILES].orders(), "another payload is tried again"


def test_a_request_all_of_whose_objects_are_refused_is_made_once(world: Workspace, accounts: Destinations) -> None:
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            """
            delete from exports.sync_odp__profiles
            where organization_id = $1 and sync_key not in (
                select sync_key from exports.sync_odp__profiles
                where organization_id = $1 and identifier_type = 'email' order by sync_key limit 2
            )
            """,
            [FILES],
        )
        connection.execute("update exports.sync_odp__profiles set identifier = 'no e-mail'")
    report = publish(world, "odp", replace(FIRST, organizations=(FILES,)))
    [record] = [one for one in report.records if one.entity == "profiles"]
    assert (record.requests, record.sent_rows, record.rejected_rows) == (1, 0, 2)
    rows = query(world, "select status, error_code, attempts from ops.publish_ledger where entity = 'profiles'")
    assert rows == [("rejected", "http_400", 1)] * 2
    assert not [value for _, value in accounts.odp[FILES].profiles if value == "no e-mail"]


def test_too_many_rejects_fail_the_run_and_are_counted_in_the_marts(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__ODP__MAX_REJECT_SHARE", "0.001")
    errors = publish(world, "odp", FIRST).errors
    assert any("rows were refused, more than max_reject_share (0.001)" in error for error in errors)
    assert accounts.odp[FILES].events, "what is good was sent all the same"
    rows = query(
        world, "select organization_id, runs, failed_runs, sent_rows, rejected_rows from marts.fct_publish_results"
    )
    assert {row[0] for row in rows} == set(NAMES)
    assert all(row[1] == 1 and row[3] > 0 for row in rows)
    assert sum(row[4] for row in rows) == ledger(world, "odp")["rejected"]


@pytest.mark.parametrize("version", ["v5", "2026-03-15"])
def test_both_versions_of_omnisend_in_large_batches_and_products_that_are_there_already(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("DESTINATION__OMNISEND__API_VERSION", version)
    if version == "v5":
        monkeypatch.setenv("DESTINATION__OMNISEND__BATCH_SIZE", "1000")
    account = accounts.omnisend[FILES]
    account.products["P1"] = {"id": "P1", "title": "made by hand"}
    options = replace(FIRST, organizations=(FILES,))
    assert not publish(world, "omnisend", options).errors
    assert account.products["P1"]["title"] == "Trowel", "it was sent again as an update"
    assert len(account.products) == 7
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            "update exports.sync_omnisend__products set title = 'Spade', payload_hash = 'new' where product_id = 'P1'"
        )
    assert sent(world, "omnisend", replace(options, is_first_run=False)) == {"products": 1}
    assert account.products["P1"]["title"] == "Spade"
    if version == "2026-03-15":
        monkeypatch.setenv("DESTINATION__OMNISEND__BATCH_SIZE", "1000")
        [error] = publish(world, "omnisend", options).errors
        assert "batch_size is 1000; omnisend takes at most 100 objects" in error


def test_history_files_are_as_odp_imports_them_and_are_not_sent_otherwise(
    world: Workspace, accounts: Destinations, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            "update exports.sync_odp__order_events set reject_reason = null where organization_id = ?", [FILES]
        )
        connection.execute(
            """
            update exports.sync_odp__order_events set reject_reason = 'no_time'
            where sync_key = (
                select max(sync_key) from exports.sync_odp__order_events
                where organization_id = ? and action = 'refund'
            )
            """,
            [FILES],
        )
    command.write_history(world, "odp", Options(organizations=(FILES,)))
    [path] = (world.outbox / "odp").glob("zaius_orders_*.csv")
    content = path.read_bytes()
    assert b"\r" not in content
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert len(rows) == content.count(b"\n") - 1, "no line break in a record"
    purchases = [row for row in rows if row["action"] == "purchase"]
    assert all(row["item_product_id"] and row["email"] and row["ts"].isdigit() for row in purchases)
    assert all(float(row["total"]) <= 0 for row in rows if row["action"] != "purchase")
    assert [name.name for name in (world.outbox / "odp").glob("rejects_*")] == [f"rejects_{path.name}"]
    assert "1 left out" in capsys.readouterr().out
    publish(world, "odp", replace(FIRST, organizations=(FILES,)))
    assert not accounts.odp[FILES].events, "nobody knows yet whether the file was uploaded"
    command.resolve(world, "odp", [FILES], True, path.name)
    publish(world, "odp", replace(ALL, organizations=(FILES,)))
    assert sum(accounts.odp[FILES].events.values()) <= 1
    command.write_history(world, "odp", Options(organizations=(FILES,)))
    assert len(list((world.outbox / "odp").glob("zaius_orders_*.csv"))) == 1, "there is nothing new to write"


def test_a_history_file_with_too_many_rejects_is_not_written(world: Workspace) -> None:
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            "update exports.sync_odp__order_events set reject_reason = 'no_time' where hash(sync_key) % 50 = 0"
        )
    with pytest.raises(MatchbackError, match="ODP refuses a file with more than 1%"):
        command.write_history(world, "odp", Options(organizations=(FILES,)))
    assert not list((world.outbox / "odp").glob("zaius_orders_*"))
    assert list((world.outbox / "odp").glob("rejects_zaius_orders_*"))
    with pytest.raises(MatchbackError, match="omnisend imports no files"):
        command.write_history(world, "omnisend", Options())


def test_the_outgoing_gate_stops_who_fails_and_lets_the_others_pass(
    world: Workspace, accounts: Destinations, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(
            """
            update exports.sync_odp__order_events set total_amount = total_amount + 1
            where organization_id = ? and action = 'purchase'
            """,
            [FILES],
        )
    with pytest.raises(MatchbackError) as error:
        command.publish(world, "odp", FIRST)
    assert f"organization {FILES} is not published to odp: money_is_conserved" in str(error.value)
    assert not accounts.odp[FILES].events
    assert all(accounts.odp[name].events for name in NAMES if name != FILES)
    assert "Published to Optimizely Data Platform" in capsys.readouterr().out
    results = query(
        world, "select organization_id, expectation from ops.quality_results where not is_met and severity = 'critical'"
    )
    assert results == [(FILES, "money_is_conserved")]


def test_who_does_not_publish_is_told_why(world: Workspace, accounts: Destinations, tmp_path: Path) -> None:
    path = world.config / "organizations.csv"
    text = path.read_text(encoding="utf-8")
    with pytest.raises(ConfigurationError, match="nothing to publish to 'klaviyo'; there are odp and omnisend"):
        publish(world, "klaviyo", ALL)
    with pytest.raises(ConfigurationError, match="organization nobody does not publish to odp: it is not in organ"):
        publish(world, "odp", replace(ALL, organizations=("nobody",)))
    path.write_text(text.replace("live,true,files", "churned,true,files"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="its status is churned and sync_orders is true, so it is stale"):
        publish(world, "odp", replace(ALL, organizations=(FILES,)))
    path.write_text(text.replace("odp|omnisend", "odp|mailchimp"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"organization {FILES} does not publish to odp: it is not in organ"):
        publish(world, "odp", replace(ALL, organizations=(FILES,)))
    assert "line 2: publish_to is 'odp|mailchimp'; it must be of odp, omnisend" in left_out(world.config)[0]
    path.write_text(text, encoding="utf-8")
    empty = make_workspace(tmp_path / "empty")
    (empty.config / "organizations.csv").write_text(text, encoding="utf-8")
    with pytest.raises(MatchbackError, match=r"is not there yet\. Run `matchback run` first"):
        publish(empty, "odp", Options())
    assert requests_of(accounts) == 0


def test_a_missing_or_wrong_key_is_named_and_stops_nobody_else(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"DESTINATION__ODP__{FILES.upper()}__API_KEY")
    monkeypatch.setenv("DESTINATION__ODP__MARLOW__API_KEY", "sandbox-wrong.do_not_show")
    errors = publish(world, "odp", FIRST).errors
    assert any("DESTINATION__ODP__LARKFIELD__API_KEY" in error for error in errors)
    assert any("odp of organization marlow: the key was refused (403)" in error for error in errors)
    assert "do_not_show" not in "".join(errors)
    assert accounts.odp["tamarind"].events
    [(attempts, code)] = query(
        world,
        """
        select distinct attempts, error_code from ops.publish_ledger
        where account = 'marlow' and error_code <> 'other_currency'
        """,
    )
    assert (attempts, code) == (0, "not_sent")
    assert FILES not in guards.read_last_runs(world, "odp"), "it never began"
    use_again = {"LARKFIELD": "sandbox-larkfield.secret", "MARLOW": "sandbox-marlow.secret"}
    for name, key in use_again.items():
        monkeypatch.setenv(f"DESTINATION__ODP__{name}__API_KEY", key)
    assert not publish(world, "odp", replace(ALL, organizations=("marlow",))).errors, "its ledger is not taken for lost"
    assert accounts.odp["marlow"].events


@pytest.mark.usefixtures("accounts")
def test_a_run_publishes_to_who_wants_it_and_no_oftener_than_the_exposure_says(
    world: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert due_organizations(world, "odp") == ([], [])
    monkeypatch.setenv(f"DESTINATION__ODP__{FILES.upper()}__SEND", "true")
    assert due_organizations(world, "odp") == ([FILES], [])
    assert not publish(world, "odp", replace(FIRST, organizations=(FILES,))).errors
    assert due_organizations(world, "odp") == ([], [])
    assert publications()["odp"].every_minutes == 60
    monkeypatch.setenv(f"DESTINATION__ODP__{FILES.upper()}__SEND", "perhaps")
    monkeypatch.setenv("DESTINATION__ODP__MARLOW__SEND", "true")
    due, [error] = due_organizations(world, "odp")
    assert due == ["marlow"], "one wrong setting stops nobody else"
    assert "the setting send is 'perhaps'; it must be true or false" in error
    assert json.loads(guards.last_runs_file(world, "odp").read_text(encoding="utf-8")).keys() == {FILES}


def invoke(place: Workspace, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What a command prints."""
    for name, value in place.environment().items():
        monkeypatch.setenv(name, value)
    with console.out.capture() as printed:
        cli(["publish", *arguments], standalone_mode=False)
    return printed.get()


def test_the_command_has_one_mode_at_a_time_and_says_where_things_are(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MatchbackError, match="--send and --status do not go together"):
        invoke(world, monkeypatch, "odp", "--send", "--status")
    with pytest.raises(MatchbackError, match="--batch goes with --resolve"):
        invoke(world, monkeypatch, "odp", "--batch", "b")
    assert "Nothing was ever published there." in invoke(world, monkeypatch, "odp", "--status")
    printed = invoke(world, monkeypatch, "odp", "--organization", FILES, "--backfill")
    assert f"requests are in {world.outbox}/odp/requests.jsonl; `--send` makes them." in printed
    [(order_id,)] = query(world, "select min(order_id) from exports.sync_odp__orders where organization_id = ?", FILES)
    send = ("odp", "--send", "--organization", FILES, "--backfill", "--ids", f" {order_id}, ")
    with pytest.raises(MatchbackError, match="nothing was ever published, as far as the database and the outbox know"):
        invoke(world, monkeypatch, *send)
    invoke(world, monkeypatch, *send, "--first-run")
    assert list(accounts.odp[FILES].orders) == [order_id]
    printed = invoke(world, monkeypatch, "odp", "--status")
    assert (
        "Optimizely Data Platform; Marketing operations <marketing-operations@example.com> answers for it." in printed
    )


def test_a_tick_publishes_once_an_hour_and_never_for_the_first_time(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"DESTINATION__ODP__{FILES.upper()}__SEND", "true")
    [error] = map(str, run.publish(world))
    assert "--first-run" in error
    assert not publish(world, "odp", replace(FIRST, organizations=(FILES,), is_backfill=False)).errors
    requests = requests_of(accounts)
    assert run.publish(world) == []
    assert requests_of(accounts) == requests, "not yet due"
    with duckdb.connect(str(world.database)) as connection:
        connection.execute("update ops.publish_runs set started_at = started_at - interval 2 hour")
        connection.execute(
            """
            update exports.sync_odp__profiles set dm_credited_orders = dm_credited_orders + 1, payload_hash = 'new'
            where sync_key = (select min(sync_key) from exports.sync_odp__profiles where organization_id = ?)
            """,
            [FILES],
        )
    assert run.publish(world) == []
    assert requests_of(accounts) == requests + 1


def test_the_doctor_looks_at_destinations_as_well(
    world: Workspace, accounts: Destinations, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = world.config / "organizations.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if line.startswith(("organization_id", FILES))), encoding="utf-8")
    for name in ("match_methods", "blackout_periods"):
        assert (world.config / f"{name}.csv").exists()
    doctor.examine(world)
    printed = capsys.readouterr().out
    assert f"[ok] organization {FILES}, odp: ODP answers at http://127.0.0.1:" in printed
    assert "omnisend: Omnisend answers (v5); `send` is not set, so no run publishes" in printed
    assert requests_of(accounts) == 0
    monkeypatch.setenv(f"DESTINATION__OMNISEND__{FILES.upper()}__API_KEY", "wrong")
    with pytest.raises(MatchbackError, match="1 things are not as they have to be"):
        doctor.examine(world)
    assert f"[problem] organization {FILES}, omnisend: omnisend of organization" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("W4WzcEs-ABgXorzY7h1LCQ.secret", "https://api.us1.odp.optimizely.com"),
        ("W4WzcEs-ABgXorzY7h1LCQ-eu1.sec.ret-au1", "https://api.us1.odp.optimizely.com"),
        ("W4WzcEs-ABgXorzY7h1LCQ-eu1.secret", "https://api.eu1.odp.optimizely.com"),
        ("W4WzcEs-ABgXorzY7h1LCQ-au1", "https://api.au1.odp.optimizely.com"),
    ],
)
def test_the_region_of_odp_is_in_the_key(key: str, host: str) -> None:
    assert host_of(key) == host
