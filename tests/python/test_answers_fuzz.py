"""Whatever a provider or a tool answers, a run ends within its time, the others are done, and the ledger is true.

Each organization has a server of its own before the honest stand-in, which spoils answers by seeded dice
(tests/python/hostile.py). After that it is calm, and the next run must make up for everything: nothing was lost.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest

from dlt_pipelines.config import Workspace
from dlt_pipelines.destinations import command
from dlt_pipelines.load import LoadReport, load
from dlt_pipelines.sandbox import commercetools, klaviyo, odp, ometria, omnisend, server, shopify
from dlt_pipelines.sandbox.faults import Faults
from dlt_pipelines.sandbox.files import write_configuration
from dlt_pipelines.sandbox.server import Destinations
from dlt_pipelines.sandbox.shop import Clock, Shop
from dlt_pipelines.sandbox.world import HERON, JUNIPER, MARLOW, START, TAMARIND, OrganizationPlan, build_world
from tests.python.hostile import Hostile, served
from tests.python.publishing import (
    FIRST,
    NAMES,
    TOOLS,
    check_against_the_warehouse,
    copied,
    publish_all,
    query,
    small_world,
    use,
)
from tests.python.test_publish_faults import settle

PLANS = {"klaviyo": JUNIPER, "ometria": HERON, "shopify": MARLOW, "commercetools": TAMARIND}
TABLES = {"klaviyo": "order_events", "ometria": "orders", "shopify": "orders", "commercetools": "orders"}
PAGE_SIZE = {"klaviyo": "7", "ometria": "9", "shopify": "8", "commercetools": "6"}
SCALE, NOW = 0.004, START + timedelta(days=260)
# organizations of each provider, and runs of each tool
EACH, SAMPLE_EACH = 60, 2
RUNS, SAMPLE_RUNS = 20, 1
MAX_SECONDS, ANSWER_SECONDS = 3.0, 0.6
# a request that was begun goes on to its end, and two cores have much else to do
SLACK_SECONDS = 20.0
PARALLEL = 16
SECRETS = (klaviyo.api_key, ometria.api_key, shopify.client_secret, commercetools.client_secret, odp.api_key)
SECRETS_OF_TOOLS = (odp.api_key, omnisend.api_key)


@pytest.fixture(autouse=True)
def bounds_of_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times and sizes that a test can wait for; a pause that a server asks for is none."""
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)
    monkeypatch.setenv("HTTP__MAX_ANSWER_MB", "5")
    monkeypatch.setenv("LOAD__PARALLEL_ORGANIZATIONS", str(PARALLEL))


def made_plans(each: int) -> list[OrganizationPlan]:
    """Organizations of every provider; the first of each is the honest one."""
    return [
        replace(
            plan,
            organization_id=f"{provider[:3]}{number:03d}",
            campaigns=tuple(replace(one, audience="file") for one in plan.campaigns[:1]),
            strangers_orders=8_000,
        )
        for provider, plan in PLANS.items()
        for number in range(each + 1)
    ]


def landed(place: Workspace, provider: str) -> dict[str, set[tuple[str, str]]]:
    """Versions of order objects, by organization."""
    found: dict[str, set[tuple[str, str]]] = {}
    rows = query(place, f"select organization_id, object_id, payload_hash from raw_{provider}.{TABLES[provider]}")
    for name, object_id, payload_hash in rows:
        found.setdefault(name, set()).add((object_id, payload_hash))
    return found


def told(place: Workspace) -> str:
    """Everything that the state of a workspace says in words."""
    with duckdb.connect(str(place.database), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'ops'").fetchall()
        return "\n".join(str(connection.execute(f"from ops.{name}").fetchall()) for (name,) in tables)


def check_words(words: str, names: tuple[str, ...] | list[str], secrets: tuple[Callable[[str], str], ...]) -> None:
    """Nothing of a person and no key is in what is said."""
    assert "zzmarked" not in words
    assert not [secret for name in names for secret_of in secrets if (secret := secret_of(name)) in words]
    assert "Traceback" not in words


@pytest.mark.long
def test_whatever_a_provider_answers_the_load_ends_and_nothing_is_lost(
    new_place: Callable[[str], Workspace],
    is_long: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    plans = made_plans(EACH if is_long else SAMPLE_EACH)
    names = [plan.organization_id for plan in plans]
    honest = [name for name in names if name.endswith("000")]
    worlds = build_world(20261127, SCALE, plans)
    clock = Clock()
    clock.fixed = NOW
    shops = [Shop(world, Faults(world.plan.provider), clock) for world in worlds]
    place, reference = new_place("hostile"), new_place("honest")
    for one in (place, reference):
        write_configuration(one.config, worlds)
    with contextlib.ExitStack() as stack:
        base_url = stack.enter_context(server.running(worlds, shops))
        for variable, value in server.settings(worlds, base_url).items():
            monkeypatch.setenv(variable, value)
        for provider, size in PAGE_SIZE.items():
            monkeypatch.setenv(f"SOURCES__{provider.upper()}__PAGE_SIZE", size)
        assert not load(reference, now=NOW).errors
        before = {}
        for number, name in enumerate(names):
            if name not in honest:
                before[name] = Hostile(base_url, number, share=0.25)
                point_at(monkeypatch, name, plans[number].provider, stack.enter_context(served(before[name])))
        capfd.readouterr()
        spoilt = timed_load(place, list(before))
        for hostile in before.values():
            hostile.is_calm = True
        calm = load(place, now=NOW)
    assert not calm.errors, calm.errors[0]
    check_words("\n".join([*spoilt.errors, told(place), *capfd.readouterr()]), names, SECRETS)
    blamed = {record.organization_id for record in spoilt.records if record.error}
    assert blamed
    assert not blamed & set(honest)
    for provider in PLANS:
        there, expected = landed(place, provider), landed(reference, provider)
        for name, versions in expected.items():
            assert versions <= there[name], f"versions of {name} are lost, which met {before[name].did}"
            assert name not in honest or versions == there[name]
    done = sum((one.did for one in before.values()), Counter())
    print(f"\n{len(names)} organizations, {len(blamed)} of them with errors; answers: {dict(done)}")


def timed_load(place: Workspace, names: list[str]) -> LoadReport:
    """A load in which organizations have little time; it ends within it, each is named once, and errors are words."""
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            provider = next(one for one in PLANS if one.startswith(name[:3]))
            patch.setenv(f"SOURCES__{provider.upper()}__{name.upper()}__MAX_SECONDS", str(MAX_SECONDS))
            patch.setenv(f"SOURCES__{provider.upper()}__{name.upper()}__TIMEOUT_SECONDS", str(ANSWER_SECONDS))
        begun = time.monotonic()
        report = load(place, now=NOW)
        seconds = time.monotonic() - begun
    turns = -(-len(names) // (PARALLEL * len(PLANS)))
    assert seconds < turns * (MAX_SECONDS + ANSWER_SECONDS) + SLACK_SECONDS
    assert len(report.errors) == sum(bool(record.error) for record in report.records)
    assert not [error for error in report.errors if "Please report it" in error]
    assert not [error for error in report.errors if not error.endswith(".")]
    return report


def point_at(patch: pytest.MonkeyPatch, name: str, provider: str, hostile_url: str) -> None:
    """Puts the hostile server in the place of the honest one, for one organization."""
    prefix = f"SOURCES__{provider.upper()}__{name.upper()}"
    path = f"/{provider}/{name}" if provider == "shopify" else f"/{provider}"
    patch.setenv(f"{prefix}__BASE_URL", hostile_url + path)
    if provider == "commercetools":
        patch.setenv(f"{prefix}__AUTH_URL", hostile_url + path)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_world(tmp_path_factory)


@pytest.mark.long
def test_whatever_a_tool_answers_publishing_ends_and_the_ledger_is_true(
    built: Workspace,
    new_place: Callable[[str], Workspace],
    is_long: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    done: Counter[str] = Counter()
    for number in range(RUNS if is_long else SAMPLE_RUNS):
        place = copied(built, new_place(f"tools{number}"))
        accounts = server.destinations_of(NAMES)
        chosen = NAMES[1:] if is_long else NAMES[3:]
        with contextlib.ExitStack() as stack:
            base_url = stack.enter_context(server.running([], [], accounts))
            use(monkeypatch, base_url, max_attempts="1000", max_reject_share="1", batch_size="40")
            spoilt = {
                (tool, name): Hostile(base_url, 1000 * number + place_of, share=0.5)
                for place_of, (tool, name) in enumerate((tool, name) for tool in TOOLS for name in chosen)
            }
            capfd.readouterr()
            with pytest.MonkeyPatch.context() as patch:
                for (tool, name), hostile in spoilt.items():
                    prefix = f"DESTINATION__{tool.upper()}__{name.upper()}"
                    patch.setenv(f"{prefix}__BASE_URL", f"{stack.enter_context(served(hostile))}/{tool}")
                    patch.setenv(f"{prefix}__TIMEOUT_SECONDS", str(ANSWER_SECONDS))
                    patch.setenv(f"{prefix}__MAX_SECONDS", str(MAX_SECONDS))
                begun = time.monotonic()
                reports = publish_all(place, FIRST)
                seconds = time.monotonic() - begun
            assert seconds < len(spoilt) * (MAX_SECONDS + 2 * ANSWER_SECONDS) + SLACK_SECONDS
            errors = [error for report in reports for error in report.errors]
            check_words("\n".join([*errors, told(place), *capfd.readouterr()]), NAMES, SECRETS_OF_TOOLS)
            assert errors
            assert not [error for error in errors if "Please report it" in error]
            assert not [error for error in errors if f"organization {NAMES[0]}:" in error], "the honest one is done"
            check_the_ledger(place, accounts)
            settle(place, accounts)
        check_against_the_warehouse(place, accounts)
        assert all(times == 1 for one in accounts.odp.values() for times in one.events.values()), "no refund twice"
        done.update({kind: times for hostile in spoilt.values() for kind, times in hostile.did.items()})
    print(f"\nanswers: {dict(done)}")


def check_the_ledger(place: Workspace, accounts: Destinations) -> None:
    """What the ledger says was taken is there, nothing is left open, and of the honest account all is taken."""
    statuses = {status for (status,) in query(place, "select distinct status from ops.publish_ledger")}
    assert statuses <= {"accepted", "confirmed", "rejected", "unknown"}
    taken = query(
        place,
        """
        select ledger.account, events.order_id, events.action, epoch(events.occurred_at)::bigint
        from ops.publish_ledger as ledger
        inner join exports.sync_odp__order_events as events using (sync_key)
        where ledger.destination = 'odp' and ledger.status = 'accepted'
        """,
    )
    assert taken
    assert not [key for name, *key in taken if tuple(key) not in accounts.odp[name].events]
    unsent = query(
        place,
        """
        select count(*) from ops.publish_ledger
        where account = ? and status = 'rejected' and attempts > 0 or status = 'unknown' and account = ?
        """,
        NAMES[0],
        NAMES[0],
    )
    assert unsent == [(0,)]


def test_a_slow_tool_holds_up_no_other_and_is_named_once(
    built: Workspace, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`matchback run`: every account of one tool sends a byte now and then; the other tool is published meanwhile."""
    world = copied(built, place)
    names = NAMES[3:]
    accounts = server.destinations_of(NAMES)
    monkeypatch.setattr("dlt_pipelines.destinations.guards.refuse_lost_ledger", lambda *_: None)
    with contextlib.ExitStack() as stack:
        base_url = stack.enter_context(server.running([], [], accounts))
        use(monkeypatch, base_url, max_reject_share="1", backfill_after_days="36500")
        slow = stack.enter_context(served(Hostile(base_url, 1, share=1.0, kinds=("slow",))))
        for name in names:
            prefix = f"DESTINATION__ODP__{name.upper()}"
            monkeypatch.setenv(f"DESTINATION__OMNISEND__{name.upper()}__SEND", "true")
            monkeypatch.setenv(f"{prefix}__SEND", "true")
            monkeypatch.setenv(f"{prefix}__BASE_URL", f"{slow}/odp")
            monkeypatch.setenv(f"{prefix}__TIMEOUT_SECONDS", "0.3")
            monkeypatch.setenv(f"{prefix}__MAX_SECONDS", "0.5")
        errors = command.publish_due(world)
    assert sorted(error.split(":")[0] for error in errors) == sorted(f"odp of organization {name}" for name in names)
    rows = query(world, "select distinct account from ops.publish_ledger where status = 'confirmed'")
    assert {name for (name,) in rows} == set(names)
    assert not query(world, "select 1 from ops.publish_ledger where status = 'pending'")
