"""What is expected of landed orders, per source, as Great Expectations suites.

Each expectation is about a column of `metrics.landed`, and so about organizations: those that do not meet it are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# A failure that is critical may hold an organization back. Where nothing came, or where only the match will be poorer,
# there is nothing to be held back, and it is a warning.
CRITICAL, WARNING = "critical", "warning"


@dataclass(frozen=True)
class Rule:
    """An expectation about one figure.

    Attributes:
        name: As in `ops.quality_results`.
        column: The figure.
        description: What is expected, in words.
        severity: critical or warning.
        low: Least value that is met; None for any.
        high: Largest.
        sources: Where it holds; empty for all.
    """

    name: str
    column: str
    description: str
    severity: str
    low: float | None = None
    high: float | None = None
    sources: tuple[str, ...] = ()


RULES = (
    Rule("orders_are_there", "orders", "Some order was landed", WARNING, low=1),
    Rule("versions_are_unique", "versions_landed_twice", "No version of an order was landed twice", CRITICAL, high=0),
    Rule("order_id_present", "share_without_id", "At most 1 % of the orders have no id", CRITICAL, high=0.01),
    Rule(
        *("order_id_unique", "orders_placed_twice", "No order was placed twice over", WARNING),
        high=0,
        sources=("klaviyo",),
    ),
    Rule("amount_present", "share_without_amount", "At most 1 % have no amount that can be read", CRITICAL, high=0.01),
    Rule("currency_present", "share_without_currency", "At most 1 % have no currency", CRITICAL, high=0.01),
    Rule("date_present", "share_without_date", "At most 1 % have no date that can be read", CRITICAL, high=0.01),
    Rule("amount_in_range", "share_of_odd_amounts", "At most 1 % are below 0 or above 1,000,000", CRITICAL, high=0.01),
    Rule("date_in_range", "share_of_odd_dates", "At most 1 % lie before 1990 or in the future", CRITICAL, high=0.01),
    Rule(
        *("volume_as_usual", "volume_ratio", "The last day has between a fifth and five times the usual orders"),
        CRITICAL,
        low=0.2,
        high=5,
    ),
    Rule("email_present", "share_with_email", "At least half of the recent orders have an e-mail", WARNING, low=0.5),
    Rule(
        *("street_present", "share_with_street", "At least half of the recent orders have a street", WARNING),
        low=0.5,
        # Ometria never tells one
        sources=("files", "klaviyo", "shopify", "commercetools"),
    ),
    Rule("load_is_fresh", "hours_since_good_load", "The last good load began within 26 hours", WARNING, high=26),
)


def rules_of(source: str) -> list[Rule]:
    """The rules that hold for a source, in order."""
    return [rule for rule in RULES if not rule.sources or source in rule.sources]


def suite_of(source: str) -> Any:
    """The rules of a source as a Great Expectations suite."""
    # takes seconds, so only a check imports it
    import great_expectations as gx
    from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
    from great_expectations.expectations.metadata_types import FailureSeverity

    return gx.ExpectationSuite(
        name=f"landed_orders__{source}",
        expectations=[
            ExpectColumnValuesToBeBetween(
                column=rule.column,
                min_value=rule.low,
                max_value=rule.high,
                description=rule.description,
                severity=FailureSeverity(rule.severity),
                meta={"name": rule.name},
            )
            for rule in rules_of(source)
        ],
    )
