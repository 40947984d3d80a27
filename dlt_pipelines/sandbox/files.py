"""Writes the world's files: configuration, the mail house's lists and logs, and one organization's shop as files."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dlt_pipelines.sandbox.world import (
    END,
    START,
    CampaignPlan,
    Order,
    OrganizationWorld,
    Recipients,
    own_code,
)

METHODS = (
    ("email", 1, "true", "", "The same e-mail."),
    ("address", 2, "true", 25, "The same delivery address."),
    ("discount_code", 3, "true", "", "A code of the mailing."),
    ("holdout", 4, "true", "", "People who were not mailed."),
)


def write_configuration(folder: Path, world: Sequence[OrganizationWorld]) -> None:
    """Writes the configuration seeds of the world's organizations."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(
        folder / "organizations.csv",
        "organization_id,name,status,sync_orders,provider,publish_to,email_domains,country,currency,timezone,"
        "global_holdout_share,timing_rule,address_max_tier",
        (
            [
                *(one.plan.organization_id, one.plan.name, "live", "true", one.plan.provider),
                "|".join(one.plan.publish_to),
                *(one.plan.email_domain, one.plan.country, one.plan.currency),
                *("America/New_York" if one.plan.country == "US" else "Europe/London", "", "", ""),
            ]
            for one in world
        ),
    )
    _write_csv(
        folder / "match_methods.csv", "match_method,priority,is_enabled,max_recipients_per_key,rationale", METHODS
    )
    _write_csv(folder / "blackout_periods.csv", "organization_id,starts_at,ends_at,reason", _blackouts(world))


def write_inbox(inbox: Path, world: Sequence[OrganizationWorld]) -> None:
    """Writes every file of the inbox: campaigns, mail files and logs, and the orders of the `files` organization."""
    for folder in ("campaigns", "recipients", "orders", "order_lines", "refunds", "exclusions", "subscriptions"):
        (inbox / folder).mkdir(parents=True, exist_ok=True)
    _write_csv(inbox / "campaigns" / "campaigns.csv", CAMPAIGN_HEADER, _campaigns(world))
    for one in world:
        name = one.plan.organization_id
        _write_csv(inbox / "recipients" / f"{name}_draw.csv", _draw_header(one), _draws(one))
        _write_csv(
            inbox / "recipients" / f"{name}_mail_house_log.csv",
            "organization_id,campaign_id,recipient_id,sent_at,in_home_at,discount_code",
            _mail_log(one),
        )
        if one.plan.provider == "files":
            _write_csv(inbox / "orders" / f"{name}_orders.csv", ORDER_HEADER, map(_order_row(one), one.orders))
            _write_csv(inbox / "order_lines" / f"{name}_order_lines.csv", LINE_HEADER, map(_line_row(one), one.orders))
            _write_jsonl(inbox / "refunds" / f"{name}_refunds.jsonl.gz", _refunds(one))
    _write_csv(
        inbox / "exclusions" / "exclusions.csv",
        "organization_id,exclusion_id,email,email_domain,note",
        _exclusions(world),
    )
    _write_csv(
        inbox / "subscriptions" / "subscriptions.csv",
        "organization_id,subscription_id,started_at,ended_at,customer_id,email",
        _subscriptions(world),
    )


def recipient_id(one: OrganizationWorld, person: int) -> str:
    """How an organization's mail file calls a person: its provider's profile id."""
    ids = {"klaviyo": profile_id(person), "shopify": str(customer_number(person)), "ometria": f"P{person:08d}"}
    return ids.get(one.plan.provider, f"C{person:06d}")


def customer_number(person: int) -> int:
    """Shopify's number of a customer."""
    return 7_000_000_000_000 + person


def profile_id(person: int) -> str:
    """Klaviyo's id of a person, in the form of its ULIDs."""
    return f"01K{person:023d}"


CAMPAIGN_HEADER = (
    "organization_id,campaign_id,name,status,discount_codes,launched_at,min_age_days,window_days,in_home_days,"
    "holdout_share,piece_cost,currency,gross_margin_rate,minimum_order_amount,audience_provider,audience_id"
)


def _campaigns(world: Sequence[OrganizationWorld]) -> Iterator[list[Any]]:
    for one in world:
        for campaign in one.plan.campaigns:
            launched_at = START + timedelta(days=campaign.day)
            provider = one.plan.provider if campaign.audience != "file" else ""
            yield [
                *(one.plan.organization_id, campaign.campaign_id, campaign.name, campaign.status),
                *(campaign.discount_code, _text(launched_at), 1, campaign.window_days, campaign.in_home_days),
                *(campaign.holdout_share, campaign.piece_cost, one.plan.currency, 0.55, 5),
                *(provider, audience_id(campaign, one.plan.provider) if provider else ""),
            ]


def audience_id(campaign: CampaignPlan, provider: str = "klaviyo") -> str:
    """The id of a campaign's list or segment: a number, or at Klaviyo six letters and digits."""
    if provider != "klaviyo":
        return str(400_000 + sum(map(ord, campaign.campaign_id)))
    letters = "".join(part[:3] for part in campaign.campaign_id.title().split("_"))
    return (letters + "000000")[:6]


def _draw_header(one: OrganizationWorld) -> str:
    known = "organization_id,campaign_id,recipient_id,created_at,is_holdout,segment"
    person = "email,first_name,last_name,address1,address2,city,region,postal_code,country"
    return known if _audiences_have_addresses(one) else f"{known},{person}"


def _audiences_have_addresses(one: OrganizationWorld) -> bool:
    """Whether the provider's lists tell e-mail, name and address of their members, so that no file need do so."""
    return all(campaign.audience != "file" for campaign in one.plan.campaigns) and one.plan.provider != "ometria"


def _draws(one: OrganizationWorld) -> Iterator[list[Any]]:
    people = one.people
    for campaign, drawn in _drawn(one):
        for person, is_holdout in zip(drawn.person.tolist(), drawn.is_holdout.tolist(), strict=True):
            row = [
                *(one.plan.organization_id, campaign.campaign_id, recipient_id(one, person), _text(drawn.created_at)),
                *(str(is_holdout).lower(), "frequent" if people.rate_factor[person] > 1.2 else "occasional"),
            ]
            if not _audiences_have_addresses(one):
                address = people.addresses[people.household[person]].written(0)
                row += [
                    people.email(person) if people.has_email[person] else "",
                    *(people.first_name[person], people.last_name[person]),
                    *(address.values() if people.has_address[person] else [""] * 6),
                ]
            yield row


def _mail_log(one: OrganizationWorld) -> Iterator[list[Any]]:
    for campaign, drawn in _drawn(one):
        in_home_at = drawn.created_at + timedelta(days=campaign.in_home_days + 1)
        for person in drawn.person[drawn.is_sent].tolist():
            code = own_code(campaign, person) if campaign.codes == "own" else campaign.discount_code
            yield [
                *(one.plan.organization_id, campaign.campaign_id, recipient_id(one, person)),
                *(_text(drawn.sent_at), _text(in_home_at), code),
            ]


def _drawn(one: OrganizationWorld) -> Iterator[tuple[CampaignPlan, Recipients]]:
    for campaign in one.plan.campaigns:
        if campaign.status != "draft":
            yield campaign, one.recipients[campaign.campaign_id]


ORDER_HEADER = (
    "organization_id,order_id,order_number,customer_id,email,ordered_at,currency,total_amount,shipping_amount,"
    "tax_amount,discount_amount,status,paid_at,cancelled_at,discount_codes,is_test,ship_name,ship_address1,ship_address2,"
    "ship_city,ship_region,ship_postal_code,ship_country"
)


def _order_row(one: OrganizationWorld) -> Any:
    people = one.people

    def row(order: Order) -> list[Any]:
        name = f"{people.first_name[order.person]} {people.last_name[order.person]}"
        return [
            *(one.plan.organization_id, order.order_id, f"#{order.order_id[2:]}", f"C{order.person:06d}", order.email),
            *(_text(order.ordered_at), order.currency),
            *(_money(cents) for cents in (order.total, order.shipping, order.tax, order.discount)),
            *("cancelled" if order.cancelled_at else "paid", _text(order.ordered_at)),
            _text(order.cancelled_at) if order.cancelled_at else "",
            *("|".join(order.codes), str(order.is_test).lower(), name, *order.address.values()),
        ]

    return row


LINE_HEADER = (
    "organization_id,order_id,line_id,product_id,quantity,unit_price_amount,sku,title,discount_amount,"
    "subtotal_amount,categories,url,image_url"
)
PRODUCTS = ("Trowel", "Watering can", "Seed tray", "Gloves, pair", "Bird table", "Wind chime", "Kneeler")


def _line_row(one: OrganizationWorld) -> Any:
    """One line per order: all that it cost but postage and tax."""

    def row(order: Order) -> list[Any]:
        number = int(order.order_id[2:]) % len(PRODUCTS)
        title, page = PRODUCTS[number], f"https://www.{one.plan.email_domain}/products/{number + 1}"
        goods = order.total - order.shipping - order.tax
        return [
            *(one.plan.organization_id, order.order_id, "1", f"P{number + 1}", 1, _money(goods + order.discount)),
            *(f"{one.plan.organization_id[:3].upper()}-{number + 1}", title, _money(order.discount), _money(goods)),
            *("Garden", page, f"{page}.jpg"),
        ]

    return row


def _refunds(one: OrganizationWorld) -> Iterator[dict[str, Any]]:
    for order in one.orders:
        if order.refunded_at:
            yield {
                "organization_id": one.plan.organization_id,
                "order_id": order.order_id,
                "refund_id": f"{order.order_id}-1",
                "refunded_at": _text(order.refunded_at),
                "amount": _money(order.refunded),
                "reason": "return",
            }


def _exclusions(world: Sequence[OrganizationWorld]) -> Iterator[list[Any]]:
    for one in world:
        yield [one.plan.organization_id, "domain-1", "", "reseller.example", "A reseller; not a household."]
        yield [one.plan.organization_id, "email-1", one.people.alias(one.people.mailable), "", "The owner's sister."]


def _subscriptions(world: Sequence[OrganizationWorld]) -> Iterator[list[Any]]:
    for one in world:
        for person in one.subscribers:
            ended_at = _text(START + timedelta(days=120)) if person % 3 == 0 else ""
            yield [
                *(one.plan.organization_id, f"S{person:06d}", _text(START), ended_at, f"C{person:06d}"),
                one.people.email(person),
            ]


def _blackouts(world: Sequence[OrganizationWorld]) -> Iterator[list[Any]]:
    for one in world:
        starts_at = END - timedelta(days=100)
        yield [one.plan.organization_id, _sql_text(starts_at), _sql_text(starts_at + timedelta(days=2)), "Stocktaking"]


def _write_csv(path: Path, header: str, rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def _write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    # no time stamp inside, so that the same world gives the same bytes
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
        for row in rows:
            file.write(json.dumps(row).encode() + b"\n")


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _sql_text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S")
