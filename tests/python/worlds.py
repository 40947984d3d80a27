"""Small random worlds for the differential test: few of everything, so that things collide."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from dlt_pipelines.config import Workspace
from tests.python.reference import Campaign, Exclusion, Method, Order, Recipient, Subscription, World

EPOCH = datetime(2026, 3, 1)
EMAILS = ("ann@one.example", " ANN@one.example ", "bob@one.example", "cy@two.example")
# the last is the organization's own
ORDER_EMAILS = (*EMAILS, *EMAILS, "eve@own.example")
CODES = ("TEN", " ten", "SPRING", "OWN-1", "OWN-2")
# doors that are near each other, each in several spellings of one address
DOORS: dict[int, tuple[tuple[str, str, str], ...]] = {
    1: (("12 Oakwood Street", "", "97201"), ("12  OAKWOOD ST.", "", "97201-1234"), ("12 oakwood st", "", "97201 ")),
    2: (("12 Oakwood Street", "Apt 2", "97201"), ("12 Oakwood St #2", "", "97201")),
    3: (("14 Oakwood Street", "", "97201"), ("14 Oakwood Str", "", "972011234")),
    4: (("12 North Oakwood Street", "", "97201"), ("12 N. Oakwood St", "", "97201")),
    5: (("12 South Oakwood Street", "", "97201"), ("12 S. Oakwood St", "", "97201")),
}
CAMPAIGN_IDS = ("autumn", "spring")


def instants(first: int = 0, last: int = 12) -> st.SearchStrategy[datetime]:
    """Whole days, and a second to either side: where every boundary lies."""
    return st.builds(
        lambda day, second: EPOCH + timedelta(days=day, seconds=second),
        st.integers(first, last),
        st.sampled_from((0, 0, -1, 1)),
    )


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The strategy's values, or None."""
    return st.one_of(st.none(), strategy)


DOOR_STRATEGY = st.sampled_from((None, 1, 1, 2, 3, 4, 5))
AMOUNTS = st.sampled_from((Decimal("9.9900"), Decimal("10.0000"), Decimal("50.0000")))


def campaigns(campaign_id: str) -> st.SearchStrategy[Campaign]:
    """A campaign of that id."""
    return st.builds(
        Campaign,
        campaign_id=st.just(campaign_id),
        status=st.sampled_from(("active", "archived", "draft")),
        discount_codes=st.lists(st.sampled_from(CODES), max_size=1).map(tuple),
        launched_at=maybe(instants(last=5)),
        min_age_days=st.integers(0, 2),
        window_days=st.sampled_from((3, 6, 12)),
        minimum_order_amount=maybe(st.just(Decimal("10.0000"))),
    )


RECIPIENTS = st.builds(
    Recipient,
    campaign_id=st.sampled_from(CAMPAIGN_IDS),
    recipient_id=st.sampled_from(("r1", "r2", "r3", "r4")),
    is_holdout=st.booleans(),
    created_at=instants(last=5),
    sent_at=st.one_of(st.none(), *[instants(last=6)] * 4),
    email=maybe(st.sampled_from(EMAILS)),
    door=DOOR_STRATEGY,
    discount_code=maybe(st.sampled_from(CODES)),
    # an arm is assigned before the mail
).map(lambda one: replace(one, sent_at=one.sent_at and max(one.created_at, one.sent_at)))
ORDERS = st.builds(
    Order,
    order_id=st.sampled_from(("o1", "o2", "o3", "o4", "o5", "o6")),
    ordered_at=instants(3),
    email=maybe(st.sampled_from(ORDER_EMAILS)),
    door=DOOR_STRATEGY,
    customer_id=maybe(st.sampled_from(("c1", "c2"))),
    codes=st.lists(st.sampled_from(CODES), max_size=2).map(tuple),
    total_amount=AMOUNTS,
    refunded_amount=maybe(st.sampled_from((Decimal("0.0000"), Decimal("4.0000")))),
    status=st.sampled_from((None, None, None, "paid", "paid", "refunded", "cancelled")),
    cancelled_at=st.one_of(*[st.none()] * 9, instants()),
    is_test=st.sampled_from((*[False] * 14, True)),
)
EXCLUSIONS = st.one_of(
    st.builds(Exclusion, email=st.sampled_from(EMAILS)),
    st.builds(Exclusion, email_domain=st.sampled_from(("two.example", "TWO.example "))),
    st.builds(Exclusion, door=st.sampled_from((1, 2, 3))),
    st.builds(Exclusion, campaign_id=maybe(st.sampled_from(CAMPAIGN_IDS)), recipient_id=st.sampled_from(("r1", "r2"))),
)
SUBSCRIPTIONS = st.builds(
    Subscription,
    customer_id=maybe(st.sampled_from(("c1", "c2"))),
    email=maybe(st.sampled_from(EMAILS)),
    started_at=instants(),
    ended_at=maybe(instants()),
)


def worlds() -> st.SearchStrategy[World]:
    """One organization's little world."""
    return st.builds(
        World,
        campaigns=st.tuples(*(campaigns(campaign_id) for campaign_id in CAMPAIGN_IDS)),
        recipients=st.lists(
            RECIPIENTS, min_size=2, max_size=8, unique_by=lambda one: (one.campaign_id, one.recipient_id)
        ).map(tuple),
        orders=st.lists(ORDERS, min_size=2, max_size=5, unique_by=lambda one: one.order_id).map(tuple),
        exclusions=st.lists(EXCLUSIONS, max_size=1).map(tuple),
        subscriptions=st.lists(SUBSCRIPTIONS, max_size=1).map(tuple),
        blackouts=st.lists(
            st.tuples(instants(), instants()).filter(lambda period: period[0] < period[1]), max_size=1
        ).map(tuple),
    )


def write_worlds(
    place: Workspace, worlds_by_organization: dict[str, tuple[World, str]], methods: dict[str, Method]
) -> None:
    """Writes configuration and inbox: each world is an organization, with its timing rule."""
    _write(
        place,
        "config/organizations",
        "organization_id,name,status,sync_orders,provider,publish_to,email_domains,country,currency,timezone,"
        "global_holdout_share,timing_rule,address_max_tier",
        (
            [
                name,
                name,
                "live",
                "true",
                "files",
                "",
                f"other.example|{world.own_domain}",
                "US",
                "USD",
                "UTC",
                "",
                rule,
                "",
            ]
            for name, (world, rule) in worlds_by_organization.items()
        ),
    )
    _write(
        place,
        "config/match_methods",
        "match_method,priority,is_enabled,max_recipients_per_key,rationale",
        ([name, one.priority, one.is_enabled, one.max_recipients_per_key, "test"] for name, one in methods.items()),
    )
    of_all = [(name, world) for name, (world, _) in worlds_by_organization.items()]
    _write(
        place,
        "config/blackout_periods",
        "organization_id,starts_at,ends_at,reason",
        ([name, starts_at, ends_at, "closed"] for name, world in of_all for starts_at, ends_at in world.blackouts),
    )
    _write(
        place,
        "inbox/campaigns/campaigns",
        "organization_id,campaign_id,name,status,discount_codes,launched_at,min_age_days,window_days,minimum_order_amount",
        ([name, *_campaign(one)] for name, world in of_all for one in world.campaigns),
    )
    _write(
        place,
        "inbox/recipients/recipients",
        "organization_id,campaign_id,recipient_id,is_holdout,created_at,sent_at,email,address1,address2,postal_code,"
        "discount_code",
        ([name, *_recipient(one, number)] for name, world in of_all for number, one in enumerate(world.recipients)),
    )
    _write(
        place,
        "inbox/orders/orders",
        "organization_id,order_id,ordered_at,currency,total_amount,email,customer_id,status,refunded_amount,cancelled_at,"
        "discount_codes,is_test,ship_address1,ship_address2,ship_postal_code",
        ([name, *_order(one, number)] for name, world in of_all for number, one in enumerate(world.orders)),
    )
    _write(
        place,
        "inbox/exclusions/exclusions",
        "organization_id,exclusion_id,email,email_domain,campaign_id,recipient_id,address1,address2,postal_code",
        ([name, number, *_exclusion(one)] for name, world in of_all for number, one in enumerate(world.exclusions)),
    )
    _write(
        place,
        "inbox/subscriptions/subscriptions",
        "organization_id,subscription_id,started_at,ended_at,customer_id,email",
        (
            [name, number, one.started_at, one.ended_at, one.customer_id, one.email]
            for name, world in of_all
            for number, one in enumerate(world.subscriptions)
        ),
    )


def _campaign(one: Campaign) -> list[Any]:
    return [
        *(one.campaign_id, one.campaign_id, one.status, "|".join(one.discount_codes), one.launched_at),
        *(one.min_age_days, one.window_days, one.minimum_order_amount),
    ]


def _recipient(one: Recipient, spelling: int) -> list[Any]:
    return [
        *(one.campaign_id, one.recipient_id, one.is_holdout, one.created_at, one.sent_at, one.email),
        *(*_spelt(one.door, spelling), one.discount_code),
    ]


def _order(one: Order, spelling: int) -> list[Any]:
    return [
        *(one.order_id, one.ordered_at, "USD", one.total_amount, one.email, one.customer_id, one.status),
        *(one.refunded_amount, one.cancelled_at, "|".join(one.codes), one.is_test, *_spelt(one.door, spelling + 1)),
    ]


def _exclusion(one: Exclusion) -> list[Any]:
    return [one.email, one.email_domain, one.campaign_id, one.recipient_id, *_spelt(one.door, 0)]


def _spelt(door: int | None, spelling: int) -> Sequence[str]:
    return ("", "", "") if door is None else DOORS[door][spelling % len(DOORS[door])]


def _write(place: Workspace, name: str, header: str, rows: Iterable[list[Any]]) -> None:
    path = place.home / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
