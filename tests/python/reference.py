"""A deliberately naive reading of docs/credit.md: plain Python, one order at a time, nothing shared with the models.

It exists to be compared with them, so it is written for the eye: every rule once, in the words of that page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from dlt_pipelines.bounds import bounds

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Method:
    priority: int
    is_enabled: bool
    max_recipients_per_key: int | None


@dataclass(frozen=True)
class Campaign:
    campaign_id: str
    status: str
    discount_codes: tuple[str, ...]
    launched_at: datetime | None
    min_age_days: int
    window_days: int
    minimum_order_amount: Decimal | None


@dataclass(frozen=True)
class Recipient:
    campaign_id: str
    recipient_id: str
    is_holdout: bool
    created_at: datetime
    sent_at: datetime | None
    email: str | None
    # which door, by number; None without an address
    door: int | None
    discount_code: str | None


# door 1 lacks the directional that tells 4 and 5 apart: tier 2
NEAR_DOORS = {1: (4, 5), 4: (1,), 5: (1,)}
STREETS = {1: "Oakwood", 2: "Oakwood", 3: "Oakwood", 4: "North Oakwood", 5: "South Oakwood"}


@dataclass(frozen=True)
class Pair:
    """An order and a recipient that match, before any limit."""

    matched_on: str
    recipient: Recipient
    start: datetime
    # how many recipients of the campaign share the key
    shared_by: int
    # how many recipients live at the doors that compete; None where one door alone matches
    competing: int | None = None


@dataclass(frozen=True)
class Order:
    order_id: str
    ordered_at: datetime
    email: str | None
    door: int | None
    customer_id: str | None
    codes: tuple[str, ...]
    total_amount: Decimal
    refunded_amount: Decimal | None
    status: str | None
    cancelled_at: datetime | None
    is_test: bool


@dataclass(frozen=True)
class Exclusion:
    email: str | None = None
    email_domain: str | None = None
    door: int | None = None
    campaign_id: str | None = None
    recipient_id: str | None = None


@dataclass(frozen=True)
class Subscription:
    customer_id: str | None
    email: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class World:
    campaigns: tuple[Campaign, ...]
    recipients: tuple[Recipient, ...]
    orders: tuple[Order, ...]
    exclusions: tuple[Exclusion, ...]
    subscriptions: tuple[Subscription, ...]
    blackouts: tuple[tuple[datetime, datetime], ...]
    own_domain: str = "own.example"


@dataclass
class Candidate:
    match_method: str
    matched_on: str
    campaign_id: str
    recipient_id: str | None
    is_holdout: bool
    window_start_at: datetime
    veto_reason: str | None = None
    competing_recipients: int | None = None
    timing_status: str = ""
    match_rank: int | None = None
    lost_reason: str | None = None


@dataclass
class Verdict:
    status: str
    reason: str | None = None
    winner: Candidate | None = None
    candidates: list[Candidate] = field(default_factory=list)


def email_key(email: str | None) -> str | None:
    return (email or "").strip().lower() or None


def code_key(code: str | None) -> str | None:
    return (code or "").strip().upper() or None


def net_amount(order: Order) -> Decimal:
    if is_cancelled(order):
        return Decimal(0)
    if order.refunded_amount is None:
        return Decimal(0) if order.status == "refunded" else order.total_amount
    return order.total_amount - order.refunded_amount


def is_cancelled(order: Order) -> bool:
    return order.status == "cancelled" or order.cancelled_at is not None


def decide(world: World, order: Order, methods: dict[str, Method], timing_rule: str) -> Verdict:
    """The verdict on one order, with all its candidates."""
    if order.is_test:
        return Verdict("excluded", "test_order")
    key = email_key(order.email)
    if key and "@" in key and key.rsplit("@", 1)[1] == world.own_domain:
        return Verdict("excluded", "company_email")
    candidates = (
        by_email(world, order, methods["email"])
        + by_address(world, order, methods["address"])
        + by_code(world, order, methods["discount_code"])
        + by_holdout(world, order, methods["holdout"])
    )
    campaigns = {campaign.campaign_id: campaign for campaign in world.campaigns}
    for candidate in candidates:
        if candidate.veto_reason is None and not methods[candidate.match_method].is_enabled:
            candidate.veto_reason = "method_disabled"
        candidate.timing_status = timing(campaigns[candidate.campaign_id], candidate, order)
    winner = rank(candidates, methods, timing_rule)
    if winner is None:
        return Verdict("unmatched", candidates=candidates)
    reason = broken_rule(world, order, winner, campaigns[winner.campaign_id])
    status = "rejected" if reason else "holdout" if winner.is_holdout else "attributed"
    return Verdict(status, reason, winner, candidates)


def by_email(world: World, order: Order, method: Method) -> list[Candidate]:
    found: list[Pair] = []
    for recipient in world.recipients:
        if recipient.is_holdout or recipient.sent_at is None or recipient.sent_at > order.ordered_at:
            continue
        if email_key(order.email) is None or email_key(recipient.email) != email_key(order.email):
            continue
        shared_by = count_sharing_email(world, recipient)
        found.append(Pair("email", recipient, recipient.sent_at, shared_by))
    return collapsed("email", found, method)


def by_address(world: World, order: Order, method: Method) -> list[Candidate]:
    found: list[Pair] = []
    for recipient in world.recipients:
        if recipient.is_holdout or recipient.sent_at is None or recipient.sent_at > order.ordered_at:
            continue
        doors = matched_doors(world, recipient.campaign_id, order.door)
        if recipient.door in doors:
            found.append(address_pair(world, recipient, recipient.sent_at, doors))
    candidates = collapsed("address", found, method)
    for candidate in candidates:
        if has_active_subscription(world, order, candidate.window_start_at):
            candidate.veto_reason = "active_subscription"
    return candidates


def by_code(world: World, order: Order, method: Method) -> list[Candidate]:
    codes = sorted({key for code in order.codes if (key := code_key(code))})
    found: list[Candidate] = []
    for campaign in world.campaigns:
        mine = [recipient for recipient in world.recipients if recipient.campaign_id == campaign.campaign_id]
        carriers = {code: [one for one in mine if code_key(one.discount_code) == code] for code in codes}
        own: list[tuple[Recipient, datetime]] = []
        for code in codes:
            if len(carriers[code]) == 1 and not carriers[code][0].is_holdout:
                recipient = carriers[code][0]
                start = recipient.sent_at or recipient.created_at
                if start <= order.ordered_at and recipient not in [one for one, _ in own]:
                    own.append((recipient, start))
        if own:
            limit = method.max_recipients_per_key
            for recipient, start in own:
                is_ambiguous = limit is not None and limit < 1
                found.append(
                    Candidate(
                        "discount_code",
                        "recipient_code",
                        campaign.campaign_id,
                        None if is_ambiguous else recipient.recipient_id,
                        False,
                        start,
                        "ambiguous_key" if is_ambiguous else None,
                        1 if is_ambiguous else None,
                    )
                )
            continue
        listed = {code_key(code) for code in campaign.discount_codes}
        theirs = [code for code in codes if code in listed or len(carriers[code]) > 1]
        if theirs and campaign.launched_at is not None and campaign.launched_at <= order.ordered_at:
            limit = method.max_recipients_per_key
            shared = [len(carriers[code]) for code in theirs]
            free = [count for count in shared if limit is None or count <= limit]
            found.append(
                Candidate(
                    "discount_code",
                    "campaign_code",
                    campaign.campaign_id,
                    None,
                    False,
                    campaign.launched_at,
                    None if free else "ambiguous_key",
                    None if free else shared[0],
                )
            )
    return found


def by_holdout(world: World, order: Order, method: Method) -> list[Candidate]:
    found: list[Pair] = []
    for recipient in world.recipients:
        if not recipient.is_holdout or recipient.created_at > order.ordered_at:
            continue
        mine, theirs = email_key(order.email), email_key(recipient.email)
        has_same_email = mine is not None and mine == theirs
        if has_same_email:
            found.append(Pair("email", recipient, recipient.created_at, count_sharing_email(world, recipient)))
        if recipient.door in (doors := matched_doors(world, recipient.campaign_id, order.door)):
            pair = address_pair(world, recipient, recipient.created_at, doors)
            # a door that tells nobody apart does so whatever the e-mails
            if not has_same_email or is_ambiguous(pair, method):
                found.append(pair)
    candidates = collapsed("holdout", found, method)
    for candidate in candidates:
        if candidate.veto_reason is None and was_also_mailed(world, candidate):
            candidate.veto_reason = "also_mailed"
    return candidates


def matched_doors(world: World, campaign_id: str, door: int | None) -> tuple[int, ...]:
    """The doors of a campaign's recipients, of any arm, that match at the lowest tier at which one does."""
    theirs = {one.door for one in world.recipients if one.campaign_id == campaign_id}
    if door is None:
        return ()
    if door in theirs:
        return (door,)
    # a street on which recipients of the campaign live is not another one with its directional left out
    if STREETS[door] in {STREETS[one] for one in theirs if one is not None}:
        return ()
    return tuple(near for near in NEAR_DOORS.get(door, ()) if near in theirs)


def address_pair(world: World, recipient: Recipient, start: datetime, doors: tuple[int, ...]) -> Pair:
    """An order and a recipient at one of the matched doors."""
    sharing = count_sharing_door(world, recipient)
    if len(doors) == 1:
        return Pair("shipping_address", recipient, start, sharing)
    competing = sum(one.campaign_id == recipient.campaign_id and one.door in doors for one in world.recipients)
    return Pair("shipping_address", recipient, start, sharing, competing)


def is_crowd(pair: Pair, method: Method) -> bool:
    limit = method.max_recipients_per_key
    return pair.shared_by > (bounds().most_recipients_per_key if limit is None else limit)


def is_ambiguous(pair: Pair, method: Method) -> bool:
    return is_crowd(pair, method) or pair.competing is not None


def collapsed(match_method: str, found: list[Pair], method: Method) -> list[Candidate]:
    """A candidate per recipient; but one per campaign, without a recipient, where too many could be meant."""
    candidates: list[Candidate] = []
    ambiguous: dict[str, list[tuple[str, datetime, bool, int]]] = {}
    for pair in found:
        recipient = pair.recipient
        is_crowded = is_crowd(pair, method)
        if is_ambiguous(pair, method):
            ambiguous.setdefault(recipient.campaign_id, []).append(
                (pair.matched_on, pair.start, is_crowded, pair.competing or pair.shared_by)
            )
        else:
            candidates.append(
                Candidate(
                    match_method,
                    pair.matched_on,
                    recipient.campaign_id,
                    recipient.recipient_id,
                    recipient.is_holdout,
                    pair.start,
                )
            )
    for campaign_id, rows in ambiguous.items():
        matched_on = min(row[0] for row in rows)
        _, start, is_crowded, competing = max(row for row in rows if row[0] == matched_on)
        candidates.append(
            Candidate(
                match_method,
                matched_on,
                campaign_id,
                None,
                match_method == "holdout",
                start,
                "ambiguous_key" if is_crowded else "ambiguous_address",
                competing,
            )
        )
    return candidates


def count_sharing_email(world: World, recipient: Recipient) -> int:
    return sum(
        one.campaign_id == recipient.campaign_id and email_key(one.email) == email_key(recipient.email)
        for one in world.recipients
    )


def count_sharing_door(world: World, recipient: Recipient) -> int:
    return sum(one.campaign_id == recipient.campaign_id and one.door == recipient.door for one in world.recipients)


def has_active_subscription(world: World, order: Order, sent_at: datetime) -> bool:
    for one in world.subscriptions:
        is_theirs = (one.customer_id is not None and one.customer_id == order.customer_id) or (
            email_key(one.email) is not None and email_key(one.email) == email_key(order.email)
        )
        if is_theirs and one.started_at <= sent_at and (one.ended_at is None or one.ended_at > sent_at):
            return True
    return False


def was_also_mailed(world: World, candidate: Candidate) -> bool:
    held_out = next(
        one
        for one in world.recipients
        if (one.campaign_id, one.recipient_id) == (candidate.campaign_id, candidate.recipient_id)
    )
    return any(
        one.campaign_id == held_out.campaign_id
        and not one.is_holdout
        and one.sent_at is not None
        and (
            (email_key(one.email) is not None and email_key(one.email) == email_key(held_out.email))
            or (one.door is not None and one.door == held_out.door)
        )
        for one in world.recipients
    )


def timing(campaign: Campaign, candidate: Candidate, order: Order) -> str:
    if order.ordered_at < candidate.window_start_at + campaign.min_age_days * DAY:
        return "before_window"
    if order.ordered_at >= candidate.window_start_at + campaign.window_days * DAY:
        return "after_window"
    return "in_window"


def rank(candidates: list[Candidate], methods: dict[str, Method], timing_rule: str) -> Candidate | None:
    """Ranks those that compete and says of each other one why it lost. Returns the winner."""
    competing = [
        one
        for one in candidates
        if one.veto_reason is None and (timing_rule == "rank_then_validate" or one.timing_status == "in_window")
    ]
    competing.sort(key=lambda one: (one.recipient_id is None, one.recipient_id or ""))
    competing.sort(key=lambda one: one.campaign_id)
    competing.sort(key=lambda one: one.window_start_at, reverse=True)
    competing.sort(key=lambda one: methods[one.match_method].priority)
    for number, one in enumerate(competing, start=1):
        one.match_rank = number
    for one in candidates:
        if one.veto_reason is not None:
            one.lost_reason = one.veto_reason
        elif one.match_rank is None:
            one.lost_reason = one.timing_status
        elif one.match_rank > 1:
            best = competing[0]
            if methods[one.match_method].priority > methods[best.match_method].priority:
                one.lost_reason = "lower_priority"
            elif one.window_start_at < best.window_start_at:
                one.lost_reason = "earlier_mailing"
            else:
                one.lost_reason = "tie_break"
    return competing[0] if competing else None


def broken_rule(world: World, order: Order, winner: Candidate, campaign: Campaign) -> str | None:
    if is_excluded_party(world, order, winner):
        return "excluded_party"
    if is_cancelled(order):
        return "order_cancelled"
    if winner.timing_status != "in_window":
        return winner.timing_status
    if any(starts_at <= order.ordered_at < ends_at for starts_at, ends_at in world.blackouts):
        return "blackout_period"
    if campaign.minimum_order_amount is not None and order.total_amount < campaign.minimum_order_amount:
        return "below_minimum"
    return None


def is_excluded_party(world: World, order: Order, winner: Candidate) -> bool:
    parties = [(email_key(order.email), order.door)]
    for one in world.recipients:
        if (one.campaign_id, one.recipient_id) == (winner.campaign_id, winner.recipient_id):
            parties.append((email_key(one.email), one.door))
    for exclusion in world.exclusions:
        for email, door in parties:
            if email is not None and email_key(exclusion.email) == email:
                return True
            if email is not None and "@" in email and email_key(exclusion.email_domain) == email.rsplit("@", 1)[1]:
                return True
            if door is not None and exclusion.door == door:
                return True
        if (
            exclusion.recipient_id is not None
            and exclusion.recipient_id == winner.recipient_id
            and exclusion.campaign_id in (None, winner.campaign_id)
        ):
            return True
    return False
