"""`matchback match-address`: how two addresses are read, and at which tier they match. The models themselves decide,
in a database of their own that holds nothing but the pair.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from dlt_pipelines import console
from dlt_pipelines.build import build
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.sources.files.source import load_inbox

REFERENCE_SEEDS = PROJECT_ROOT / "seeds" / "reference"
ORGANIZATION = "pairs"
HIGHEST_TIER = 5


@dataclass(frozen=True)
class PostalAddress:
    """An address as an order or a recipient carries it; an empty text where it lacks a column."""

    address1: str
    address2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class AddressParts:
    """What the models read in an address; an empty text where they find nothing."""

    country: str
    postcode: str
    city: str
    number: str
    unit: str
    predirectional: str
    street_core: str
    street_type: str
    postdirectional: str

    @property
    def street(self) -> str:
        """The street with its type and directionals."""
        words = (self.predirectional, self.street_core, self.street_type, self.postdirectional)
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class AddressMatch:
    """A pair with its verdict; `tier` is None, and `reason` says why, where the two do not match."""

    order: AddressParts
    recipient: AddressParts
    tier: int | None
    reason: str


def match_addresses(pairs: Sequence[tuple[PostalAddress, PostalAddress]]) -> list[AddressMatch]:
    """Decides pairs of an order's and a recipient's address, each alone, as if nobody else had been mailed.

    Args:
        pairs: (the order's, the recipient's) each. One build decides them all, so thousands cost what one does.

    Returns:
        The verdicts in the order of the pairs.

    Raises:
        MatchbackError: The models could not be built.
    """
    with tempfile.TemporaryDirectory(prefix="matchback-") as folder:
        place = _scratch_workspace(Path(folder), pairs)
        _, problems = load_inbox(place, read_organizations(place.config), lambda _name, _rows: None)
        if problems:
            raise MatchbackError("\n".join(str(problem) for problem in problems))
        build(place, select="+int_address_matches")
        return _verdicts(place, len(pairs))


def show_match(order: PostalAddress, recipient: PostalAddress) -> None:
    """Prints what is read in two addresses, and at which tier they match."""
    match = match_addresses([(order, recipient)])[0]
    console.table(
        "What is read",
        [("part", "left"), ("first", "left"), ("second", "left")],
        [
            [field.name.replace("_", " "), getattr(match.order, field.name), getattr(match.recipient, field.name)]
            for field in fields(AddressParts)
        ],
    )
    console.line(
        f"Tier {match.tier}: {match.reason}." if match.tier is not None else f"They do not match: {match.reason}."
    )


def read_one_line(text: str, country: str) -> PostalAddress:
    """Reads an address in one line: street lines, then city, region and postcode, and perhaps the country.

    Args:
        text: For example `12 N Oak St, Apt 3, Dallas, TX 75001`; commas part the lines, as on an envelope.
        country: Its country where the text names none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    aliases = {row["alias"]: row["country"] for row in _seed_rows("country_language_groups")}
    if len(parts) > 1 and parts[-1].upper() in aliases and not re.search(r"\d", parts[-1]):
        country = aliases[parts.pop().upper()]
    country = aliases.get(country.strip().upper(), country.strip().upper())
    postcode, last = _without_postcode(parts[-1] if parts else "", country)
    parts = [*parts[:-1], *([last] if last else [])]
    region = ""
    if not postcode and not (len(parts) > 2 and re.fullmatch(r"[A-Z]{2,3}", parts[-1])):
        # nothing tells where the street ends
        return PostalAddress(address1=", ".join(parts), country=country)
    if len(parts) > 1 and (named := re.fullmatch(r"(.*?)\s*\b([A-Z]{2,3})", parts[-1])):
        parts, region = [*parts[:-1], *([named[1]] if named[1] else [])], named[2]
    city = parts.pop() if len(parts) > 1 else ""
    return PostalAddress(
        address1=parts[0] if parts else "",
        address2=", ".join(parts[1:]),
        city=city,
        region=region,
        postal_code=postcode,
        country=country,
    )


def _without_postcode(text: str, country: str) -> tuple[str, str]:
    """The postcode at either end of a text, and the rest of it; an empty postcode where there is none."""
    forms = {row["written_as"] for row in _seed_rows("postcode_formats") if row["country"] == country}
    # the longest first: a ZIP+4 begins with a ZIP; a short form stands for a lost zero, which nobody writes here
    for form in sorted((form for form in forms if len(form) >= 4), key=len, reverse=True):
        characters = {"9": r"\d", "A": "[A-Za-z]"}
        pattern = r"[ -]?".join(characters[character] for character in form)
        for whole in (rf"(?P<rest>.*?)\b(?P<postcode>{pattern})$", rf"^(?P<postcode>{pattern})\b(?P<rest>.+)$"):
            if found := re.fullmatch(whole, text):
                return found["postcode"], found["rest"].strip()
    return "", text


def _seed_rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _scratch_workspace(home: Path, pairs: Sequence[tuple[PostalAddress, PostalAddress]]) -> Workspace:
    """A workspace with an order, a campaign and its one recipient for each pair."""
    place = Workspace.at(home).create()
    place.config.mkdir(exist_ok=True)
    columns = (
        "organization_id,name,status,sync_orders,provider,publish_to,email_domains,country,currency,timezone,"
        "global_holdout_share,timing_rule,address_max_tier"
    )
    row = [ORGANIZATION, "Pairs", "live", "true", "files", "", "", "US", "USD", "UTC", "", "", str(HIGHEST_TIER)]
    _write_rows(place.config / "organizations.csv", columns, [row])
    for name in ("match_methods", "blackout_periods"):
        (place.config / f"{name}.csv").write_bytes((PROJECT_ROOT / "seeds" / "config" / f"{name}.csv").read_bytes())
    instant = "2026-01-01"
    address = [field.name for field in fields(PostalAddress)]
    numbered = [(str(number), *pair) for number, pair in enumerate(pairs)]
    _write_rows(
        place.inbox / "campaigns" / "campaigns.csv",
        "organization_id,campaign_id,name,launched_at",
        ([ORGANIZATION, number, number, instant] for number, _, _ in numbered),
    )
    _write_rows(
        place.inbox / "recipients" / "recipients.csv",
        "organization_id,campaign_id,recipient_id,created_at,is_holdout," + ",".join(address),
        ([ORGANIZATION, number, number, instant, "false", *astuple(recipient)] for number, _, recipient in numbered),
    )
    _write_rows(
        place.inbox / "orders" / "orders.csv",
        "organization_id,order_id,ordered_at,currency,total_amount," + ",".join(f"ship_{name}" for name in address),
        ([ORGANIZATION, number, instant, "USD", "1", *astuple(order)] for number, order, _ in numbered),
    )
    return place


def _write_rows(path: Path, columns: str, rows: Iterable[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns.split(","))
        writer.writerows(rows)


def _verdicts(place: Workspace, count: int) -> list[AddressMatch]:
    parts = ", ".join(f"coalesce(parts.address_{field.name}, '')" for field in fields(AddressParts))
    with opened(place) as connection:
        orders, recipients = (
            {
                number: AddressParts(*values)
                for number, *values in connection.execute(
                    f"select keyed.{key}, {parts} from intermediate.{model} as keyed "
                    "left join intermediate.int_addresses as parts on keyed.address_id = parts.address_id"
                ).fetchall()
            }
            for model, key in (("int_order_identifiers", "order_id"), ("int_recipients__keyed", "recipient_id"))
        )
        matches = {
            number: (tier, reason)
            for number, tier, reason in connection.execute(
                "select order_id, match_tier, match_reason from intermediate.int_address_matches "
                "where order_id = campaign_id"
            ).fetchall()
        }
    verdicts = []
    for number in map(str, range(count)):
        order, recipient = orders[number], recipients[number]
        tier, reason = matches.get(number, (None, _contradiction(order, recipient)))
        verdicts.append(AddressMatch(order, recipient, tier, reason))
    return verdicts


def _contradiction(order: AddressParts, recipient: AddressParts) -> str:
    """The first reason why two addresses do not match, in words."""
    for name, parts in (("first", order), ("second", recipient)):
        if not parts.number or not parts.street:
            return f"no house number and street can be told in the {name} address"
    for name in ("country", "number", "unit"):
        mine, theirs = getattr(order, name), getattr(recipient, name)
        if mine != theirs:
            return f"the {name}s differ ({mine or 'none'} and {theirs or 'none'})"
    if order.street != recipient.street:
        return f"the streets differ ({order.street} and {recipient.street})"
    return f"the postcodes differ ({order.postcode or 'none'} and {recipient.postcode or 'none'})"
