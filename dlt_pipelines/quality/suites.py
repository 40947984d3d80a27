"""What is expected of landed orders and of what is about to be published, as Great Expectations suites.

Each expectation is about a column of `metrics.landed` or `metrics.outgoing`, and so about organizations: those that do
not meet it are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlt_pipelines.quality.metrics import ODD_TIMES

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
    Rule(
        *("amount_in_range", "share_of_odd_amounts"),
        f"At most 1 % are below 0 or above {ODD_TIMES:,} times the brand's median in that currency",
        CRITICAL,
        high=0.01,
    ),
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


ORDER_EVENTS = ("sync_odp__order_events", "sync_omnisend__order_events")
# of what is about to be published, by sync model
OUTGOING_RULES = (
    Rule("keys_are_unique", "keys_twice", "No object has the key of another", CRITICAL, high=0),
    Rule("keys_present", "rows_without_key", "Every object has a key and a hash", CRITICAL, high=0),
    Rule("few_are_refused", "share_refused", "At most 5 % are refused before they are sent", WARNING, high=0.05),
    Rule(
        *("events_have_identifiers", "events_without_identifier", "Every event names a person", CRITICAL),
        high=0,
        sources=ORDER_EVENTS,
    ),
    Rule(
        *("dates_in_range", "share_of_odd_dates", "At most 1 % lie before 1990 or in the future", CRITICAL),
        high=0.01,
        sources=ORDER_EVENTS,
    ),
    Rule(
        *("amounts_in_range", "share_of_odd_amounts"),
        f"At most 1 % are missing or above {ODD_TIMES:,} times the brand's median in that currency",
        CRITICAL,
        high=0.01,
        sources=ORDER_EVENTS,
    ),
    Rule(
        *("money_is_conserved", "share_of_orders_off", "At most 1 % of the orders sum up to another amount than here"),
        CRITICAL,
        high=0.01,
        sources=ORDER_EVENTS,
    ),
)


def rules_of(name: str) -> list[Rule]:
    """The rules that hold for a source, or for a sync model, in order."""
    rules = OUTGOING_RULES if name.startswith("sync_") else RULES
    return [rule for rule in rules if not rule.sources or name in rule.sources]


def suite_of(name: str) -> Any:
    """The rules of a source or a sync model as a Great Expectations suite."""
    # takes seconds, so only a check imports it
    import great_expectations as gx
    from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
    from great_expectations.expectations.metadata_types import FailureSeverity

    return gx.ExpectationSuite(
        name=f"outgoing__{name}" if name.startswith("sync_") else f"landed_orders__{name}",
        expectations=[
            ExpectColumnValuesToBeBetween(
                column=rule.column,
                min_value=rule.low,
                max_value=rule.high,
                description=rule.description,
                severity=FailureSeverity(rule.severity),
                meta={"name": rule.name},
            )
            for rule in rules_of(name)
        ],
    )
