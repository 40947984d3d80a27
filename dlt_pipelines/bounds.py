"""What a value may be: the bounds that the models read as dbt variables, and the currencies of ISO 4217."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import yaml

from dlt_pipelines.config import PROJECT_ROOT

PROJECT_FILE = PROJECT_ROOT / "dbt_project.yml"
CURRENCIES_FILE = PROJECT_ROOT / "seeds" / "reference" / "currencies.csv"


@dataclass(frozen=True)
class Bounds:
    """The bounds, as docs/bounds.md lists them.

    Attributes:
        amount_below: Amounts of money are below it, either way.
        quantity_below: Quantities are below it, either way.
        time_from: The first instant, UTC without a zone.
        time_before: The first instant beyond.
        longest_text: Characters of an id or a text.
        longest_address: Characters of a part of an address.
        most_codes: Discount codes of an order or a campaign.
        most_lines: Lines of an order.
        most_recipients_per_key: Recipients of a campaign who share a key, where the seed names no limit.
        null_dates: What other systems write where there is no date.
    """

    amount_below: Decimal
    quantity_below: Decimal
    time_from: datetime
    time_before: datetime
    longest_text: int
    longest_address: int
    most_codes: int
    most_lines: int
    most_recipients_per_key: int
    null_dates: tuple[date, ...]

    def is_null_date(self, day: date) -> bool:
        """Whether a day is, or by an offset lies beside, one that stands for no date."""
        return any(abs((day - none).days) <= 1 for none in self.null_dates)

    def holds(self, instant: datetime) -> bool:
        """Whether an instant, UTC without a zone, lies within the bounds."""
        return self.time_from <= instant < self.time_before


@cache
def bounds() -> Bounds:
    """The bounds in dbt_project.yml."""
    variables = yaml.safe_load(PROJECT_FILE.read_text(encoding="utf-8"))["vars"]
    values = variables["bounds"]
    return Bounds(
        amount_below=Decimal(values["amount_below"]),
        quantity_below=Decimal(values["quantity_below"]),
        time_from=datetime.fromisoformat(values["time_from"]),
        time_before=datetime.fromisoformat(values["time_before"]),
        longest_text=values["longest_text"],
        longest_address=values["longest_address"],
        most_codes=values["most_codes"],
        most_lines=values["most_lines"],
        most_recipients_per_key=values["most_recipients_per_key"],
        null_dates=tuple(date.fromisoformat(day) for day in variables["null_dates"]),
    )


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217."""
    with CURRENCIES_FILE.open(encoding="utf-8", newline="") as lines:
        return frozenset(row["currency"] for row in csv.DictReader(lines))
