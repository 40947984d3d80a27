"""A seeded world with a planted truth: who was mailed, who ordered what, and what the mail really did.

Everybody orders as a Poisson process of his or her own rate; a mailed campaign adds a Poisson process over its
outcome window. Sums and thinnings of Poisson processes are Poisson again, so the true lift follows in closed form,
household by household, for the very people of this world, and no simulation stands behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from dlt_pipelines.sandbox.people import FIRST_NAMES, LAST_NAMES, Address, addresses

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

START = datetime(2026, 4, 15, tzinfo=UTC)
DAYS = 200
END = START + timedelta(days=DAYS)

HOUSEHOLD_SIZES = (0.55, 0.30, 0.10, 0.05)
BASE_ORDERS_PER_DAY = 0.0043
CANCELLED_SHARE = 0.04
REFUNDED_SHARE = 0.06
REFUND_RANGE = (0.3, 1.0)
OTHER_CURRENCY_SHARE = 0.01
SENT_SHARE = 0.98
# how people order: with the e-mail we know, with another e-mail to the same door, or as strangers
TRAITS = (0.70, 0.20, 0.10)
KNOWN, ALIAS, STRANGER = range(3)
EMAIL_ON_FILE_SHARE = 0.92
ADDRESS_ON_FILE_SHARE = 0.97
DRAWN_AT_HOUR = 9
ORDER_VALUE_LOG_MEAN, ORDER_VALUE_LOG_SD = 4.0, 0.75


@dataclass(frozen=True)
class CampaignPlan:
    """What is planted.

    Attributes:
        campaign_id: Unique in its organization.
        name: For people.
        recipients: How many, at scale 1.
        holdout_share: Chance of a household to be held out.
        day: Day of the world on which the arms are drawn.
        effect: Orders that the mail adds per person and window, on average.
        codes: `none`, `shared` (one code for all) or `own` (one per recipient).
        audience: `list`, `segment` or `file`.
        status: As in the campaigns file.
        window_days: Length of the window.
        in_home_days: From the draw to the letter box.
        piece_cost: Per piece.
    """

    campaign_id: str
    name: str
    recipients: int
    holdout_share: float
    day: int
    effect: float
    codes: str = "none"
    audience: str = "file"
    status: str = "active"
    window_days: int = 60
    in_home_days: int = 5
    piece_cost: float = 0.62

    @property
    def discount_code(self) -> str:
        """The campaign's one code, where it has one."""
        return self.campaign_id.upper().replace("_", "")[:12] if self.codes == "shared" else ""

    @property
    def window(self) -> tuple[float, float]:
        """Lift's outcome window, in days of the world, as far as the world goes."""
        opens = self.day + DRAWN_AT_HOUR / 24 + self.in_home_days
        return float(min(opens, DAYS)), float(min(opens + self.window_days, DAYS))


@dataclass(frozen=True)
class OrganizationPlan:
    """An organization of the world.

    Attributes:
        organization_id: Unique.
        name: For people.
        provider: Where its orders are served.
        country: ISO code of its customers.
        currency: ISO code of its orders.
        other_currency: Of a few of them.
        email_domain: Its own.
        campaigns: What it mailed.
        strangers_orders: Orders by people it never mailed, at scale 1.
        publish_to: The tools that its results go to.
    """

    organization_id: str
    name: str
    provider: str
    country: str
    currency: str
    other_currency: str
    email_domain: str
    campaigns: tuple[CampaignPlan, ...]
    strangers_orders: int
    publish_to: tuple[str, ...] = ()


JUNIPER = OrganizationPlan(
    "juniper",
    "Juniper & Co",
    "klaviyo",
    "US",
    "USD",
    "CAD",
    "juniper.example",
    (
        CampaignPlan("spring_catalog", "Spring catalog", 12_000, 0.15, 10, 0.090, "shared", "list"),
        CampaignPlan("mothers_day", "Mother's Day card", 6_000, 0.20, 20, 0.110, "shared", "segment"),
        CampaignPlan("winback", "We miss you", 7_000, 0.15, 45, 0.000, "shared", "list"),
        CampaignPlan("summer_sale", "Summer sale", 9_000, 0.10, 70, 0.110, "none", "list"),
        CampaignPlan("vip_thanks", "Thank you, VIP", 1_500, 0.20, 95, 0.220, "own", "segment"),
        CampaignPlan("back_to_school", "Back to school", 2_200, 0.20, 115, 0.030, "shared", "list"),
        CampaignPlan("tiny_test", "A tiny test", 300, 0.30, 120, 0.050, "none", "list"),
        CampaignPlan("advent_preview", "Advent preview", 1_200, 0.10, DAYS, 0.0, "none", "list", "draft"),
    ),
    6_000,
)
LARKFIELD = OrganizationPlan(
    "larkfield",
    "Larkfield Garden",
    "files",
    "GB",
    "GBP",
    "EUR",
    "larkfield.example",
    (
        CampaignPlan("garden_launch", "Garden launch", 8_000, 0.15, 15, 0.100, "shared"),
        CampaignPlan("loyalty_card", "Loyalty card", 5_000, 0.20, 40, 0.120, "own"),
        CampaignPlan("bank_holiday", "Bank holiday", 4_000, 0.20, 75, 0.100, "shared", status="archived"),
        CampaignPlan("new_movers", "New movers", 3_500, 0.20, 100, 0.030),
        CampaignPlan("october_open", "October postcard", 1_500, 0.20, 165, 0.120, "shared"),
    ),
    4_000,
)
HERON = OrganizationPlan(
    "heron",
    "Heron Books",
    "ometria",
    "GB",
    "GBP",
    "EUR",
    "heron.example",
    (
        CampaignPlan("summer_reading", "Summer reading", 3_500, 0.20, 60, 0.150, "shared", "list"),
        CampaignPlan("signed_editions", "Signed editions", 1_500, 0.20, 100, 0.000, "shared", "list"),
    ),
    800,
)
MARLOW = OrganizationPlan(
    "marlow",
    "Marlow Outdoor",
    "shopify",
    "US",
    "USD",
    "CAD",
    "marlow.example",
    (
        CampaignPlan("trail_season", "Trail season", 3_500, 0.20, 30, 0.150, "shared", "segment"),
        CampaignPlan("rain_gear", "Rain gear", 1_500, 0.20, 90, 0.110, "own", "segment"),
    ),
    800,
)
TAMARIND = OrganizationPlan(
    "tamarind",
    "Tamarind Kitchen",
    "commercetools",
    "GB",
    "GBP",
    "EUR",
    "tamarind.example",
    (
        CampaignPlan("spice_box", "Spice box", 3_500, 0.20, 40, 0.150, "shared"),
        CampaignPlan("knife_sale", "Knife sale", 1_500, 0.20, 95, 0.060, "none"),
    ),
    800,
)
# new ones go to the end: each draws from a seed of its place
ORGANIZATIONS = (JUNIPER, LARKFIELD, HERON, MARLOW, TAMARIND)


@dataclass(frozen=True)
class Truth:
    """The planted effect of a campaign, per recipient, to the end of the world.

    Attributes:
        matchable: By metric, the effect on orders that e-mail or address can find: what lift should show.
        whole: By metric, the effect on all orders.
        match_rate: Share of the added orders (of all orders, where none are added) that can be found.
        power: By metric, chance that a two-sided 5 % test of this size sees the effect, by the normal law.
    """

    matchable: dict[str, float]
    whole: dict[str, float]
    match_rate: float
    power: dict[str, float] = field(default_factory=dict)


@dataclass
class People:
    """Everybody an organization knows, a position each. Positions up to `mailable` may be mailed."""

    household: Integers
    addresses: list[Address]
    trait: Integers
    has_email: Booleans
    has_address: Booleans
    rate_factor: Floats
    first_name: list[str]
    last_name: list[str]
    mailable: int

    def email(self, person: int) -> str:
        """The address that the mail file knows."""
        return f"{self.first_name[person]}.{self.last_name[person]}{person}@example.com".lower()

    def alias(self, person: int) -> str:
        """The other one, with which some people order."""
        return f"{self.first_name[person][0]}{self.last_name[person]}.{person}@example.net".lower()


@dataclass(frozen=True)
class Recipients:
    """Who was drawn for one campaign, a position each."""

    person: Integers
    is_holdout: Booleans
    is_sent: Booleans
    created_at: datetime
    sent_at: datetime


@dataclass(frozen=True)
class Order:
    """One order, as the shop knows it. Amounts are in minor units; `refunded` counts towards `total`."""

    order_id: str
    person: int
    ordered_at: datetime
    email: str
    currency: str
    total: int
    shipping: int
    tax: int
    discount: int
    refunded: int
    refunded_at: datetime | None
    cancelled_at: datetime | None
    codes: tuple[str, ...]
    address: dict[str, str]
    is_test: bool


@dataclass(frozen=True)
class OrganizationWorld:
    """Everything about one organization."""

    plan: OrganizationPlan
    people: People
    recipients: dict[str, Recipients]
    orders: list[Order]
    truths: dict[str, Truth]
    subscribers: list[int]


def build_world(
    seed: int, scale: float = 1.0, plans: Sequence[OrganizationPlan] = ORGANIZATIONS
) -> list[OrganizationWorld]:
    """The world of a seed: the same for the same arguments, whatever the machine.

    Args:
        seed: Any integer.
        scale: Factor on recipients and orders.
        plans: Its organizations.
    """
    seeds = np.random.SeedSequence(seed).spawn(len(plans))
    return [_Builder(plan, scale, np.random.default_rng(one)).build() for plan, one in zip(plans, seeds, strict=True)]


def mean_net_value() -> float:
    """Expected value of an order less refunds, in major units."""
    gross = float(np.exp(ORDER_VALUE_LOG_MEAN + ORDER_VALUE_LOG_SD**2 / 2))
    return gross * (1 - REFUNDED_SHARE * sum(REFUND_RANGE) / 2)


class _Builder:
    """Builds one organization."""

    def __init__(self, plan: OrganizationPlan, scale: float, random: np.random.Generator) -> None:
        self._plan, self._scale, self._random = plan, scale, random

    def build(self) -> OrganizationWorld:
        people = self._people()
        recipients = {campaign.campaign_id: self._draw(campaign, people) for campaign in self._plan.campaigns}
        truths = {
            campaign.campaign_id: self._truth(campaign, people, recipients)
            for campaign in self._plan.campaigns
            if campaign.status != "draft"
        }
        subscribers = np.flatnonzero(self._random.random(people.mailable) < 0.02)
        orders = _Orders(self._plan, people, recipients, self._random).all()
        return OrganizationWorld(self._plan, people, recipients, orders, truths, subscribers.tolist())

    def _people(self) -> People:
        random = self._random
        mailed = sum(campaign.recipients for campaign in self._plan.campaigns) * self._scale
        strangers = round(self._plan.strangers_orders * self._scale)
        households = max(round(mailed * 0.36), 40)
        sizes = random.choice(np.arange(1, 5), size=households, p=HOUSEHOLD_SIZES)
        household = np.concatenate([np.repeat(np.arange(households), sizes), households + np.arange(strangers)])
        count = len(household)
        return People(
            household=household,
            addresses=addresses(self._plan.country, households + strangers, random),
            trait=random.choice(3, size=count, p=TRAITS),
            has_email=random.random(count) < EMAIL_ON_FILE_SHARE,
            # a household's address is on file or is not
            has_address=(random.random(households + strangers) < ADDRESS_ON_FILE_SHARE)[household],
            rate_factor=random.gamma(2.0, 0.5, count),
            first_name=random.choice(FIRST_NAMES, count).tolist(),
            last_name=random.choice(LAST_NAMES, count).tolist(),
            mailable=int(sizes.sum()),
        )

    def _draw(self, campaign: CampaignPlan, people: People) -> Recipients:
        """Whole households, up to the campaign's size; the arm is the household's."""
        random = self._random
        wanted = max(round(campaign.recipients * self._scale), 30)
        mailable = people.household[: people.mailable]
        order = random.permutation(int(mailable.max()) + 1)
        sizes = np.bincount(mailable)[order]
        chosen = order[: int(np.searchsorted(np.cumsum(sizes), wanted)) + 1]
        held_out = np.zeros(len(order), dtype=bool)
        held_out[chosen] = random.random(len(chosen)) < campaign.holdout_share
        person = np.flatnonzero(np.isin(mailable, chosen))
        is_holdout = held_out[mailable[person]]
        created_at = START + timedelta(days=campaign.day, hours=DRAWN_AT_HOUR)
        return Recipients(
            person=person,
            is_holdout=is_holdout,
            is_sent=~is_holdout & (random.random(len(person)) < SENT_SHARE),
            created_at=created_at,
            sent_at=created_at + timedelta(days=2),
        )

    def _truth(self, campaign: CampaignPlan, people: People, recipients: dict[str, Recipients]) -> Truth:
        opens, closes = campaign.window
        mine = recipients[campaign.campaign_id]
        kept = 1 - CANCELLED_SHARE
        without = people.rate_factor * BASE_ORDERS_PER_DAY * (closes - opens)
        for other in self._plan.campaigns:
            if other is campaign or not other.effect:
                continue
            sent = recipients[other.campaign_id].person[recipients[other.campaign_id].is_sent]
            overlap = max(min(closes, other.window[1]) - max(opens, other.window[0]), 0.0) / other.window_days
            without[sent] += people.rate_factor[sent] * other.effect * overlap
        added = people.rate_factor * campaign.effect * SENT_SHARE * (closes - opens) / campaign.window_days
        has_street = self._plan.provider != "ometria"
        before = _received(people, mine.person, without * kept, has_street)
        after = _received(people, mine.person, (without + added) * kept, has_street)
        whole_before, whole_after = without[mine.person] * kept, (without + added)[mine.person] * kept
        matchable = _effects(before, after)
        whole = _effects(whole_before, whole_after)
        # without an effect: of the orders that come anyway
        found, all_orders = (after - before, whole_after - whole_before) if campaign.effect else (before, whole_before)
        share = float(found.sum() / all_orders.sum())
        return Truth(matchable, whole, share, _power(before, after, mine.is_holdout, matchable))


def _received(people: People, members: Integers, rates: Floats, has_street: bool) -> Floats:
    """The rate of orders that lift finds for each member of a campaign.

    An order with the e-mail on file is its buyer's. Any other that goes to an address on file is shared out evenly
    among the household's members in the campaign, where the provider's orders have a street. The rest cannot be found.
    """
    trait, household = people.trait[members], people.household[members]
    by_email = (trait == KNOWN) & people.has_email[members]
    by_address = ~by_email & (trait != STRANGER) & people.has_address[members] & has_street
    size = np.bincount(household)
    shared = np.bincount(household, weights=rates[members] * by_address, minlength=len(size))
    return np.asarray(rates[members] * by_email + shared[household] / size[household], dtype=np.float64)


def _effects(before: Floats, after: Floats) -> dict[str, float]:
    """Expected difference per recipient, by metric, when orders are Poisson with these rates."""
    orders = float(np.mean(after - before))
    return {
        "conversion_rate": float(np.mean(np.exp(-before) - np.exp(-after))),
        "orders_per_recipient": orders,
        "revenue_per_recipient": orders * mean_net_value() * (1 - OTHER_CURRENCY_SHARE),
    }


def _power(before: Floats, after: Floats, is_holdout: Booleans, effects: dict[str, float]) -> dict[str, float]:
    """Chance that |z| > 1.96, recipients taken as independent."""
    held_out, mailed = int(is_holdout.sum()), int((~is_holdout).sum())
    if not held_out or not mailed:
        return dict.fromkeys(effects, 0.0)
    variances = {
        "conversion_rate": [p * (1 - p) for p in (1 - np.exp(-before).mean(), 1 - np.exp(-after).mean())],
        "orders_per_recipient": [rate.mean() + rate.var() for rate in (before, after)],
    }
    second_moment = float(np.exp(2 * ORDER_VALUE_LOG_MEAN + 2 * ORDER_VALUE_LOG_SD**2))
    variances["revenue_per_recipient"] = [
        rate.mean() * second_moment + rate.var() * mean_net_value() ** 2 for rate in (before, after)
    ]
    return {
        metric: _normal_tail(1.96 - abs(effects[metric]) / np.sqrt(low / held_out + high / mailed))
        for metric, (low, high) in variances.items()
    }


def _normal_tail(z: float) -> float:
    return 0.5 * erfc(float(z) / sqrt(2))


class _Orders:
    """Lets everybody order."""

    def __init__(
        self, plan: OrganizationPlan, people: People, recipients: dict[str, Recipients], random: np.random.Generator
    ) -> None:
        self._plan, self._people, self._recipients, self._random = plan, people, recipients, random
        self._codes = self._codes_in_hand()

    def all(self) -> list[Order]:
        """All orders of the organization, by time."""
        person, day = self._placements()
        by_time = np.argsort(day, kind="stable")
        person, day = person[by_time], day[by_time]
        count = len(person)
        random = self._random
        totals = np.maximum(
            np.rint(np.exp(random.normal(ORDER_VALUE_LOG_MEAN, ORDER_VALUE_LOG_SD, count)) * 100), 100
        ).astype(int)
        refund_shares = np.where(random.random(count) < REFUNDED_SHARE, random.uniform(*REFUND_RANGE, count), 0.0)
        dice = random.random((count, 4))
        styles = random.integers(0, 210, count)
        return [
            self._order(number, *values)
            for number, values in enumerate(
                zip(
                    person.tolist(),
                    day.tolist(),
                    totals.tolist(),
                    refund_shares.tolist(),
                    dice,
                    styles.tolist(),
                    strict=True,
                )
            )
        ]

    def _placements(self) -> tuple[Integers, Floats]:
        """Who orders on which day: everybody's own process, and what each mailing adds."""
        random, people = self._random, self._people
        rate = people.rate_factor * BASE_ORDERS_PER_DAY * DAYS
        rate[people.mailable :] = 1.0
        person = np.repeat(np.arange(len(rate)), random.poisson(rate))
        persons, days = [person], [random.uniform(0, DAYS, len(person))]
        for campaign in self._plan.campaigns:
            drawn = self._recipients[campaign.campaign_id]
            sent = drawn.person[drawn.is_sent]
            opens, _ = campaign.window
            added = np.repeat(sent, random.poisson(people.rate_factor[sent] * campaign.effect))
            when = random.uniform(opens, opens + campaign.window_days, len(added))
            persons.append(added[when < DAYS])
            days.append(when[when < DAYS])
        return np.concatenate(persons), np.concatenate(days)

    def _codes_in_hand(self) -> dict[int, list[tuple[float, float, str]]]:
        """The codes each person was sent, with the days between which they are used."""
        codes: dict[int, list[tuple[float, float, str]]] = {}
        for campaign in self._plan.campaigns:
            drawn = self._recipients[campaign.campaign_id]
            for person in drawn.person[drawn.is_sent].tolist() if campaign.codes != "none" else []:
                code = campaign.discount_code or own_code(campaign, person)
                codes.setdefault(person, []).append((campaign.day + 3.0, campaign.day + campaign.window_days, code))
        return codes

    def _order(
        self, number: int, person: int, day: float, total: int, refund_share: float, dice: Floats, style: int
    ) -> Order:
        people, plan = self._people, self._plan
        ordered_at = (START + timedelta(days=day)).replace(microsecond=0)
        trait = people.trait[person]
        email = people.email(person) if trait == KNOWN else people.alias(person)
        # a stranger has it sent somewhere nobody was mailed: the place of work
        address = people.addresses[people.household[person]].written(style)
        if trait == STRANGER:
            address |= {"address1": f"{9000 + person} Commerce Park Drive", "address2": ""}
        if person >= people.mailable and dice[0] < 0.02:
            email = f"team{person}@{plan.email_domain}"
        is_cancelled, is_test = dice[1] < CANCELLED_SHARE, person >= people.mailable and dice[0] > 0.985
        refunded = 0 if is_cancelled else round(total * refund_share)
        return Order(
            order_id=f"{plan.organization_id[:2].upper()}{100_001 + number}",
            person=person,
            ordered_at=ordered_at,
            email=email.title() if style % 11 == 10 else email,
            currency=plan.other_currency if dice[2] < OTHER_CURRENCY_SHARE else plan.currency,
            total=total,
            shipping=min(495, total // 4),
            tax=total // 12,
            discount=total // 9,
            refunded=refunded,
            refunded_at=ordered_at + timedelta(days=6, hours=3) if refunded else None,
            cancelled_at=ordered_at + timedelta(hours=20) if is_cancelled else None,
            codes=self._used_codes(person, day, float(dice[3])),
            address=address,
            is_test=bool(is_test),
        )

    def _used_codes(self, person: int, day: float, luck: float) -> tuple[str, ...]:
        in_hand = [code for opens, closes, code in self._codes.get(person, []) if opens <= day < closes]
        if in_hand and luck < 0.35:
            return (in_hand[-1],)
        # codes leak: to friends, to coupon sites, to people who were held out
        public = [campaign for campaign in self._plan.campaigns if campaign.discount_code and campaign.day < day]
        return (public[-1].discount_code,) if public and luck > 0.985 else ()


def own_code(campaign: CampaignPlan, person: int) -> str:
    """A recipient's own code."""
    return f"{campaign.campaign_id[:3].upper()}-{person:06d}"
