"""What the rivals share: what they begin with, what they must come to, and how they hand it over."""

from __future__ import annotations

from pathlib import Path

import duckdb

INPUTS = ("orders", "recipients", "address_matches", "campaigns", "exclusions", "subscriptions")
LEDGER = (
    *("order_id", "match_method", "matched_on", "campaign_id", "recipient_id", "is_holdout", "window_start_at"),
    *(
        "timing_status",
        "veto_reason",
        "competing_recipients",
        "match_tier",
        "match_reason",
        "match_rank",
        "lost_reason",
    ),
)
VERDICTS = ("order_id", "attribution_status", "reason", "match_method", "campaign_id", "recipient_id")
PRIORITIES = {"email": 1, "address": 2, "discount_code": 3, "holdout": 4}
ADDRESS_LIMIT = 25


def hand_over(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    """Writes the relations `ledger` and `verdicts` of a connection, with the types of the script's."""
    connection.execute(
        f"""
        copy (
            select
                * replace (
                    cast(is_holdout as boolean) as is_holdout,
                    cast(window_start_at as timestamp) as window_start_at,
                    cast(competing_recipients as bigint) as competing_recipients,
                    cast(match_tier as integer) as match_tier,
                    cast(match_rank as bigint) as match_rank
                )
            from (select {", ".join(LEDGER)} from ledger)
        ) to '{folder / f"{name}.parquet"}'
        """
    )
    connection.execute(f"copy (select {', '.join(VERDICTS)} from verdicts) to '{folder / f'{name}_verdicts.parquet'}'")


def hand_over_files(folder: Path, name: str, ledger: Path, verdicts: Path) -> None:
    """The same for relations in Parquet files."""
    with duckdb.connect() as connection:
        connection.execute(f"create view ledger as from '{ledger}'")
        connection.execute(f"create view verdicts as from '{verdicts}'")
        hand_over(connection, folder, name)
