"""Whatever a provider does, after the last load staging holds its orders exactly: none lost, none twice.

Each world is an organization, so that one workspace loads hundreds and one build stages them. Every organization has
its own faults, seeded: some of one kind alone, the others a mix of all. Time goes on between the loads, so that rows
show up late, change, and move while they are read; only the last load sees a provider where nothing moves.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.load import load
from dlt_pipelines.sandbox import commercetools, server
from dlt_pipelines.sandbox.faults import FAULTS, Faults
from dlt_pipelines.sandbox.files import write_configuration
from dlt_pipelines.sandbox.shop import FUTURE_BY, Clock, Shop
from dlt_pipelines.sandbox.shopify import MANY_CODES
from dlt_pipelines.sandbox.world import HERON, JUNIPER, MARLOW, START, TAMARIND, OrganizationPlan, build_world

PLANS = {"klaviyo": JUNIPER, "ometria": HERON, "shopify": MARLOW, "commercetools": TAMARIND}
MIXES, SAMPLE_MIXES = 50, 1
SCALE = 0.004
SHARE_ALONE, SHARE_MIXED = 0.25, 0.1
# after how many days of the world the loads begin; the last one comes long after everything
LOADS = (60.0, 90.0, 90.1, 120.0, 160.0, 160.5, 199.0)
SAMPLE_LOADS = (60.0, 199.0)
LAST = START + timedelta(days=260)
SETTLE = timedelta(seconds=300)
# small pages, so that there is something between two of them
PAGE_SIZE = {"klaviyo": "7", "ometria": "9", "shopify": "8", "commercetools": "6"}
COLUMNS = "email, currency, status, discount_codes, total_amount, refunded_amount, is_test, ordered_at"


def made_organizations(mixes: int) -> list[tuple[OrganizationPlan, list[str] | None, float]]:
    """An organization for each fault alone, and some for all at once."""
    organizations = []
    for provider, plan in PLANS.items():
        alone = [[kind] for kind in FAULTS[provider]]
        for number, kinds in enumerate([*alone, *[None] * mixes]):
            name = f"{provider[:3]}{number:03d}"
            campaigns = tuple(replace(one, audience="file") for one in plan.campaigns[:1])
            made = replace(plan, organization_id=name, campaigns=campaigns, strangers_orders=8_000)
            organizations.append((made, kinds, SHARE_ALONE if kinds else SHARE_MIXED))
    return organizations


def settings(shops: list[Shop], base_url: str) -> dict[str, str]:
    """Settings of all organizations: small pages, and the integration that tells two metrics of one name apart."""
    variables = server.settings([shop.world for shop in shops], base_url)
    for shop in shops:
        plan = shop.world.plan
        prefix = f"SOURCES__{plan.provider.upper()}__{plan.organization_id.upper()}"
        variables[f"{prefix}__PAGE_SIZE"] = PAGE_SIZE[plan.provider]
        variables[f"{prefix}__INTEGRATION"] = "Shopify"
    return variables


def expected(shop: Shop) -> dict[str, tuple[Any, ...]]:
    """The provider's orders as of the last load, in the columns of `int_orders__unioned`, by order id."""
    marks, provider = shop.faults.marks, shop.world.plan.provider
    horizon = shop.clock.now() - SETTLE
    rows = {}
    for one in shop.snapshots():
        order = one.order
        number = int(order.order_id[2:])
        is_bare = marks("no_customer", order.order_id)
        ids = {
            "klaviyo": str(number),
            "ometria": order.order_id,
            "shopify": str(5_000_000_000_000 + number),
            "commercetools": commercetools.order_id(order.order_id),
        }
        ordered_at = order.ordered_at
        if provider == "klaviyo" and marks("future_row", f"{order.order_id}/placed"):
            ordered_at += FUTURE_BY
            if ordered_at >= horizon:
                continue
        refunded = Decimal(order.refunded) / 100 if one.is_refunded else Decimal(0)
        is_refunded = bool(refunded) and refunded >= Decimal(order.total) / 100
        # of the klaviyo stand-in: without its own e-mail a profile leaves the one the order was placed with
        email = None if is_bare else order.email
        if provider == "klaviyo" and not marks("profile_without_email", str(order.person)):
            people = shop.world.people
            email = people.email(order.person) if people.trait[order.person] == 0 else people.alias(order.person)
        codes = set(order.codes[:1] if provider == "ometria" else order.codes)
        if provider == "shopify" and marks("many_codes", order.order_id):
            codes |= {f"EXTRA{index}" for index in range(MANY_CODES)}
        rows[ids[provider]] = (
            email,
            order.currency,
            "cancelled" if one.is_cancelled else "refunded" if is_refunded else "fulfilled" if one.fulfilled_at else "",
            codes,
            Decimal(order.total) / 100,
            refunded,
            order.is_test and provider in ("klaviyo", "shopify"),
            ordered_at.replace(tzinfo=None),
        )
    return rows


def staged(place: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    """Orders as the models read them, by organization."""
    with duckdb.connect(str(place.database), read_only=True) as connection:
        found = connection.execute(
            f"select organization_id, order_id, {COLUMNS} from intermediate.int_orders__unioned"
        ).fetchall()
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for organization_id, order_id, email, currency, status, codes, total, refunded, is_test, ordered_at in found:
        plain = "" if status in ("placed", "paid") else status
        known = set((codes or "").split("|")) - {""}
        row = (order_id, email, currency, plain, known, total, refunded or Decimal(0), is_test, ordered_at)
        rows.setdefault(organization_id, []).append(row)
    return rows


def write_organizations(place: Workspace, shops: list[Shop]) -> None:
    write_configuration(place.config, [shop.world for shop in shops])
    with (place.config / "organizations.csv").open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == len(shops)


@pytest.mark.long
def test_whatever_a_provider_does_staging_holds_its_orders_exactly(
    new_place: Callable[[str], Workspace], is_long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_organizations(MIXES if is_long else SAMPLE_MIXES)
    worlds = build_world(20261121, SCALE, [plan for plan, _, _ in made])
    clock = Clock()
    shops = [
        Shop(world, Faults(plan.provider, seed, share, kinds), clock)
        for seed, (world, (plan, kinds, share)) in enumerate(zip(worlds, made, strict=True))
    ]
    days = LOADS if is_long else SAMPLE_LOADS
    place = new_place("faults")
    write_organizations(place, shops)
    # a wait is a wait for the machine, not for the test; the clock of the providers goes on by itself
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)
    failures: Counter[str] = Counter()
    with server.running(worlds, shops) as base_url:
        for variable, value in settings(shops, base_url).items():
            monkeypatch.setenv(variable, value)
        for day in days:
            clock.fixed = START + timedelta(days=day)
            for error in load(place, now=clock.fixed).errors:
                assert "could not be understood" not in error, error
                failures[error.split(" of ")[0]] += 1
        clock.fixed = LAST
        for shop in shops:
            shop.faults.is_calm = True
        last = load(place, now=clock.fixed)
        assert not last.errors, last.errors[0]
    build(place, select="+int_orders__unioned")
    found, orders = staged(place), 0
    # what was met while loading, and not what the truth below asks for
    faults_met = {shop.world.plan.organization_id: Counter(shop.faults.met) for shop in shops}
    met: dict[str, Counter[str]] = {provider: Counter() for provider in PLANS}
    runs: dict[tuple[str, str], str] = {}
    for shop in shops:
        plan = shop.world.plan
        truth, rows = expected(shop), found.get(plan.organization_id, [])
        orders += len(truth)
        told = f"{plan.organization_id} ({plan.provider}), which met {dict(faults_met[plan.organization_id])}"
        assert len(rows) == len({row[0] for row in rows}), f"an order stands twice at {told}"
        assert {row[0] for row in rows} == truth.keys(), f"orders are lost or too many at {told}"
        for row in rows:
            assert row[1:] == truth[row[0]], f"order {row[0]} differs at {told}"
        for kind in faults_met[plan.organization_id]:
            met[plan.provider][kind] += 1
            runs.setdefault((plan.provider, kind), plan.organization_id)
    print(f"\n{len(shops)} organizations with {orders:,} orders, {len(days) + 1} loads each")
    print(f"loads given up, and made up for by the next: {dict(failures)}")
    for provider, kinds in FAULTS.items():
        for kind in kinds:
            print(f"  {provider:14} {kind:22} met by {met[provider][kind]:3}, first by {runs.get((provider, kind))}")
    missing = [(provider, kind) for provider, kinds in FAULTS.items() for kind in kinds if not met[provider][kind]]
    assert not missing, f"faults that nobody met: {missing}"


@pytest.mark.parametrize("provider", PLANS)
def test_what_is_dated_back_beyond_the_look_back_is_found_by_a_reconcile_alone(
    provider: str, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world,) = build_world(7, SCALE, [replace(PLANS[provider], campaigns=PLANS[provider].campaigns[:1])])
    clock = Clock()
    shop = Shop(world, clock=clock)
    hidden = next(index for index, order in enumerate(world.orders) if order.ordered_at > START + timedelta(days=60))
    found_at = world.orders[hidden].ordered_at + timedelta(days=30)
    shop.hide(hidden, found_at)
    write_configuration(place.config, [world])
    table = "raw_klaviyo.order_events" if provider == "klaviyo" else f"raw_{provider}.orders"

    def loaded(now: datetime, reconcile: bool = False) -> int:
        clock.fixed = now
        assert not load(place, now=now, reconcile=reconcile).errors
        with duckdb.connect(str(place.database), read_only=True) as connection:
            count: int = connection.execute(f"select count(distinct object_id) from {table}").fetchall()[0][0]
            return count

    with server.running([world], [shop]) as base_url:
        for variable, value in settings([shop], base_url).items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setenv(f"SOURCES__{provider.upper()}__RECONCILE_EVERY_DAYS", "0")
        before = loaded(found_at - timedelta(hours=3))
        unseen = loaded(found_at + timedelta(hours=1))
        with_reconcile = loaded(found_at + timedelta(hours=1), reconcile=True)
    assert unseen - before < 5, "only what was bought meanwhile"
    assert with_reconcile > unseen, "the hidden order is there"


def test_faults_are_the_same_for_the_same_seed_and_none_without_a_share() -> None:
    def strikes(seed: int, share: float) -> list[bool]:
        faults = Faults("klaviyo", seed, share)
        return [faults.strikes("throttled") for _ in range(50)] + [
            faults.marks("late_row", str(number)) for number in range(50)
        ]

    assert strikes(1, 0.3) == strikes(1, 0.3) != strikes(2, 0.3)
    assert not any(strikes(1, 0.0))


def test_a_clock_that_nobody_set_is_the_machines() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)
