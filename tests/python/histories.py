"""Random histories of small organizations: what their files and settings say, step by step, late and in any order."""

from __future__ import annotations

import csv
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dlt_pipelines.config import Workspace
from dlt_pipelines.sources.files.entities import ENTITIES
from tests.python.worlds import CAMPAIGN_IDS, CODES, DOORS, EMAILS, EPOCH, ORDER_EMAILS

Row = dict[str, Any]
ORDER_IDS = tuple(f"o{number}" for number in range(8))
RECIPIENT_IDS = tuple(f"r{number}" for number in range(6))
OWN_DOMAIN = "own.example"
METHODS = ("email", "address", "discount_code", "holdout")
ALIASES = ("ann+shop@one.example", "an.n@gmail.com", "ann@googlemail.com", "ann+x@gmail.com")
# what each row about a campaign or an order must say
REQUIRED = ("name", "launched_at", "ordered_at", "currency", "total_amount")
# what happens to an organization in a step, and how often
CHANGES = {
    "orders": 6,
    "recipients": 5,
    "mail_log": 4,
    "campaigns": 3,
    "refunds": 2,
    "order_lines": 2,
    "exclusions": 2,
    "subscriptions": 2,
    "withdrawal": 3,
    "settings": 2,
    "blackouts": 1,
}


class History:
    """All organizations of one build, and the files that speak of them.

    Files are JSON lines, so a row may say only what it knows. `step` changes a few things in some organizations and
    writes what changed; a file that is written again without a row withdraws it.
    """

    def __init__(self, place: Workspace, organizations: int, seed: int) -> None:
        """Nothing is written yet."""
        self._place, self._dice = place, random.Random(seed)
        self.organizations: dict[str, Row] = {
            f"h{number:03d}": {
                "timing_rule": "",
                "address_max_tier": "",
                "country": "US",
                "email_domains": "own.example",
            }
            for number in range(organizations)
        }
        self._blackouts: dict[str, list[tuple[datetime, datetime]]] = {}
        self._methods: dict[str, Row] = {
            name: {"priority": number, "is_enabled": "true", "max_recipients_per_key": limit}
            for number, (name, limit) in enumerate(zip(METHODS, ("2", "2", "", ""), strict=True), start=1)
        }
        self._files: dict[tuple[str, int], list[Row]] = {}
        self._written_anew: set[tuple[str, int]] = set()
        self._number = 0

    def step(self) -> dict[str, str | bool]:
        """Lets some time pass.

        Returns:
            The dbt variables that hold from now on.
        """
        dice = self._dice
        self._number += 1
        for organization_id in self.organizations:
            for change in self._drawn_changes():
                getattr(self, f"_change_{change}")(organization_id)
        if self._number > 1:
            self._change_methods()
            # a file that says the same again at another time
            self._written_anew |= set(dice.sample(sorted(self._files), k=min(2, len(self._files))))
        self._write()
        # these touch every order, so they hold for some steps: between them a tick must find what it has to look at
        return {
            "as_of": "2026-06-01 00:00:00",
            "accept_changed_vars": True,
            "match_billing_address": self._number // 4 % 2 == 1,
            "email_alias_folding": self._number // 6 % 2 == 1,
        }

    def _drawn_changes(self) -> list[str]:
        if self._number == 1:
            return [
                "campaigns",
                "campaigns",
                "recipients",
                "recipients",
                "recipients",
                "orders",
                "orders",
                "subscriptions",
            ]
        drawn = self._dice.choices(list(CHANGES), weights=list(CHANGES.values()), k=self._dice.choice((0, 0, 1, 2, 3)))
        return list(dict.fromkeys(drawn))

    def _add(self, entity: str, organization_id: str, row: Row) -> None:
        said = {"organization_id": organization_id, **{name: _text(value) for name, value in row.items()}}
        file = self._files.setdefault((entity, self._number), [])
        key = ENTITIES[entity].key
        is_said = any("updated_at" not in other and all(other[name] == said[name] for name in key) for other in file)
        # of two rows of one file that contradict each other, one says when
        if self._dice.random() < 0.5 or is_said:
            said["updated_at"] = _text(self._instant(0, 90))
        file.append(said)
        self._written_anew.add((entity, self._number))

    def _instant(self, first: int = 0, last: int = 12) -> datetime:
        dice = self._dice
        return EPOCH + timedelta(days=dice.randint(first, last), seconds=dice.choice((0, 0, 1)))

    def _some(self, row: Row, required: tuple[str, ...] = ()) -> Row:
        """A part of a row: who corrects something seldom says all."""
        names = {*self._dice.sample(sorted(row), k=self._dice.randint(1, len(row))), *required}
        return {name: value for name, value in row.items() if name in names}

    def _address(self, prefix: str = "") -> Row:
        spelling = (
            self._dice.choice(DOORS[self._dice.choice(sorted(DOORS))]) if self._dice.random() < 0.8 else ("",) * 3
        )
        names = ("address1", "address2", "postal_code")
        return {prefix + name: part for name, part in zip(names, spelling, strict=True)}

    def _change_campaigns(self, organization_id: str) -> None:
        dice = self._dice
        row = {
            "name": "Mailing",
            "launched_at": self._instant(last=5),
            "status": dice.choice(("active", "archived", "draft")),
            "discount_codes": dice.choice(CODES),
            "min_age_days": dice.choice((0, 1, 2)),
            "window_days": dice.choice((3, 6, 12)),
            "minimum_order_amount": dice.choice(("", "10")),
        }
        self._add(
            "campaigns",
            organization_id,
            {"campaign_id": dice.choice(CAMPAIGN_IDS), **(row if self._number == 1 else self._some(row, REQUIRED))},
        )

    def _change_recipients(self, organization_id: str) -> None:
        dice = self._dice
        for _ in range(dice.randint(1, 3)):
            created_at = self._instant(last=5)
            row = {
                "created_at": created_at,
                "is_holdout": dice.choice(("true", "false", "false")),
                # an arm is assigned before the mail
                "sent_at": dice.choice((None, *(max(created_at, self._instant(last=6)) for _ in range(2)))),
                "email": dice.choice((*EMAILS, *ALIASES, "")),
                "discount_code": dice.choice(("", *CODES)),
                "household_id": dice.choice(("", "", "h1")),
                "segment": dice.choice(("", "vip")),
                **self._address(),
            }
            key = {"campaign_id": dice.choice(CAMPAIGN_IDS), "recipient_id": dice.choice(RECIPIENT_IDS)}
            whole = self._number == 1 or dice.random() < 0.6
            self._add("recipients", organization_id, key | (row if whole else self._some(row)))

    def _change_mail_log(self, organization_id: str) -> None:
        key = {"campaign_id": self._dice.choice(CAMPAIGN_IDS), "recipient_id": self._dice.choice(RECIPIENT_IDS)}
        self._add("recipients", organization_id, key | {"sent_at": self._instant(last=6)})

    def _change_orders(self, organization_id: str) -> None:
        dice = self._dice
        for _ in range(dice.randint(1, 3)):
            row = {
                "ordered_at": self._instant(3),
                "currency": dice.choice(("USD", "USD", "EUR")),
                "total_amount": dice.choice(("9.99", "10", "50")),
                "email": dice.choice((*ORDER_EMAILS, *ALIASES, "")),
                "customer_id": dice.choice(("", "c1", "c2")),
                "status": dice.choice(("", "paid", "paid", "refunded", "cancelled")),
                "refunded_amount": dice.choice(("", "4", "7")),
                "refunded_at": dice.choice(("", self._instant(5, 20))),
                "discount_codes": dice.choice(("", *CODES, "TEN|OWN-1")),
                "is_test": dice.choice((*["false"] * 9, "true")),
                **self._address("ship_"),
                **self._address("bill_"),
            }
            whole = self._number == 1 or dice.random() < 0.6
            self._add(
                "orders",
                organization_id,
                {"order_id": dice.choice(ORDER_IDS)} | (row if whole else self._some(row, REQUIRED)),
            )

    def _change_refunds(self, organization_id: str) -> None:
        row = {
            "order_id": self._dice.choice(ORDER_IDS),
            "refund_id": self._dice.choice(("f1", "f2")),
            "refunded_at": self._instant(5, 20),
            "amount": self._dice.choice(("1", "2.5")),
        }
        self._add("refunds", organization_id, row)

    def _change_order_lines(self, organization_id: str) -> None:
        dice = self._dice
        row = {
            "order_id": dice.choice(ORDER_IDS),
            "line_id": dice.choice(("l1", "l2")),
            "product_id": dice.choice(("p1", "p2")),
            "quantity": dice.choice(("1", "2.5")),
            "unit_price_amount": dice.choice(("3.99", "12")),
        }
        self._add("order_lines", organization_id, row | dice.choice(({}, {"title": "Mug"}, {"title": ""})))

    def _change_exclusions(self, organization_id: str) -> None:
        dice = self._dice
        party = dice.choice(
            (
                {"email": dice.choice(EMAILS)},
                {"email_domain": "two.example"},
                self._address(),
                {"recipient_id": dice.choice(RECIPIENT_IDS), "campaign_id": dice.choice(("", *CAMPAIGN_IDS))},
            )
        )
        self._add("exclusions", organization_id, {"exclusion_id": dice.choice(("x1", "x2"))} | party)

    def _change_subscriptions(self, organization_id: str) -> None:
        dice = self._dice
        row = {
            "subscription_id": dice.choice(("s1", "s2")),
            "started_at": self._instant(),
            "ended_at": dice.choice(("", self._instant())),
            "customer_id": dice.choice(("", "c1", "c2")),
            "email": dice.choice(("", *EMAILS)),
        }
        self._add("subscriptions", organization_id, row)

    def _change_withdrawal(self, organization_id: str) -> None:
        """A row that a file no longer has."""
        theirs = [
            (name, row)
            for name, rows in self._files.items()
            for row in rows
            if row["organization_id"] == organization_id
        ]
        if theirs:
            name, row = self._dice.choice(theirs)
            self._files[name].remove(row)
            self._written_anew.add(name)

    def _change_settings(self, organization_id: str) -> None:
        dice, settings = self._dice, self.organizations[organization_id]
        name, values = dice.choice(
            (
                ("timing_rule", ("", "rank_then_validate", "validate_then_rank")),
                ("address_max_tier", ("", "1", "4", "5")),
                ("country", ("US", "GB")),
                ("email_domains", (OWN_DOMAIN, f"{OWN_DOMAIN}|one.example", "")),
            )
        )
        settings[name] = dice.choice(values)

    def _change_blackouts(self, organization_id: str) -> None:
        first, last = sorted((self._instant(), self._instant()))
        self._blackouts[organization_id] = [(first, last)] if first < last else []

    def _change_methods(self) -> None:
        dice = self._dice
        what = dice.choice((*["nothing"] * 6, "priority", "is_enabled", "max_recipients_per_key"))
        if what == "priority":
            priorities = dice.sample(range(1, 5), k=4)
            for name, priority in zip(METHODS, priorities, strict=True):
                self._methods[name]["priority"] = priority
        elif what != "nothing":
            values = {"is_enabled": ("true", "true", "false"), "max_recipients_per_key": ("", "1", "2")}[what]
            self._methods[dice.choice(METHODS)][what] = dice.choice(values)

    def _write(self) -> None:
        config = self._place.config
        _write_csv(
            config / "organizations.csv",
            "organization_id,name,status,sync_orders,provider,publish_to,email_domains,country,currency,timezone,"
            "global_holdout_share,timing_rule,address_max_tier",
            [
                [
                    *(name, name, "live", "true", "files", "", one["email_domains"], one["country"], "USD", "UTC", ""),
                    *(one["timing_rule"], one["address_max_tier"]),
                ]
                for name, one in self.organizations.items()
            ],
        )
        _write_csv(
            config / "match_methods.csv",
            "match_method,priority,is_enabled,max_recipients_per_key,rationale",
            [[name, *one.values(), "test"] for name, one in self._methods.items()],
        )
        _write_csv(
            config / "blackout_periods.csv",
            "organization_id,starts_at,ends_at,reason",
            [[name, *period, "closed"] for name, periods in self._blackouts.items() for period in periods],
        )
        for entity, number in self._written_anew:
            path = self._place.inbox / entity / f"batch{number:02d}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in self._files[entity, number]), encoding="utf-8")
        self._written_anew.clear()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _write_csv(path: Path, header: str, rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
