"""Data frames of polars, eager. Needs `pip install polars`, which nothing else here does."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
from common import ADDRESS_LIMIT, INPUTS, LEDGER, PRIORITIES, VERDICTS, hand_over_files
from polars import col, lit, when

CANDIDATE = [
    *("order_id", "match_method", "matched_on", "campaign_id", "recipient_id", "match_tier", "match_reason"),
    *("veto_reason", "competing_recipients", "is_holdout", "window_start_at"),
]
KINDS = {"match_tier": pl.Int32, "veto_reason": pl.String, "competing_recipients": pl.Int64, "recipient_id": pl.String}
IDENTITY = ["campaign_id", "address_identity"]
NOBODY = lit(None, dtype=pl.String)


def candidates(frame: pl.DataFrame, **values: str | bool) -> pl.DataFrame:
    """The columns of candidates, those that are missing null."""
    missing = {name: lit(None, dtype=kind) for name, kind in KINDS.items() if name not in frame.columns}
    return frame.with_columns(**{name: lit(value) for name, value in values.items()}, **missing).select(CANDIDATE)


def begun(pairs: pl.DataFrame, start: str) -> pl.DataFrame:
    """Pairs whose order is no earlier than a time."""
    return pairs.filter(col("ordered_at") >= col(start)).with_columns(window_start_at=col(start))


def by_email(orders: pl.DataFrame, recipients: pl.DataFrame, start: str) -> pl.DataFrame:
    """Recipients with the order's e-mail."""
    orders = orders.select("order_id", "ordered_at", "email_key")
    recipients = recipients.select("email_key", "campaign_id", "recipient_id", start)
    return begun(orders.join(recipients, on="email_key"), start)


def addressed(orders: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Orders with the addresses of campaigns that theirs matches."""
    orders = orders.select("order_id", "ordered_at", "customer_id", "email_key", "address_reading", "is_gift")
    gift = when("is_gift").then(lit(", gift order")).otherwise(lit(""))
    return orders.join(matches, on="address_reading").with_columns(match_reason=col("match_reason") + gift)


def mailed_by_address(
    pairs: pl.DataFrame, mailed: pl.DataFrame, recipients: pl.DataFrame, subscriptions: pl.DataFrame
) -> pl.DataFrame:
    """Mailed recipients at those addresses; whoever cannot be told apart is one row."""
    crowds = recipients.filter(col("address_identity").is_not_null()).group_by(IDENTITY).agg(neighbours=pl.len())
    found = begun(pairs.join(mailed.select(*IDENTITY, "recipient_id", "sent_at"), on=IDENTITY), "sent_at")
    found = found.join(crowds, on=IDENTITY).with_columns(is_crowded=col("neighbours") > ADDRESS_LIMIT)
    nameless = found.filter(col("is_ambiguous") | col("is_crowded"))
    nameless = (
        nameless.sort("window_start_at", "is_crowded", "address_identity", descending=[True, True, False])
        .unique(["order_id", "campaign_id"], keep="first", maintain_order=True)
        .with_columns(
            recipient_id=NOBODY,
            competing_recipients=when("is_ambiguous")
            .then("competing_recipients")
            .otherwise(col("neighbours").cast(pl.Int64)),
            veto_reason=when("is_crowded").then(lit("ambiguous_key")).otherwise(lit("ambiguous_address")),
        )
    )
    named = found.filter(~(col("is_ambiguous") | col("is_crowded")))
    named = named.with_columns(competing_recipients=lit(None, dtype=pl.Int64), veto_reason=NOBODY)
    found = pl.concat([named, nameless]).with_row_index("row")
    subscribed = pl.concat(
        found.select("row", key, "window_start_at")
        .join(subscriptions.select(key, "started_at", "ended_at"), on=key)
        .filter(
            (col("window_start_at") >= col("started_at"))
            & (col("ended_at").is_null() | (col("window_start_at") < col("ended_at")))
        )
        .select("row", is_subscribed=lit(True))
        for key in ("customer_id", "email_key")
    ).unique()
    found = found.join(subscribed, on="row", how="left").with_columns(
        veto_reason=when("is_subscribed").then(lit("active_subscription")).otherwise("veto_reason")
    )
    return candidates(found, match_method="address", matched_on="shipping_address", is_holdout=False)


def held_out(pairs: pl.DataFrame, by_email: pl.DataFrame, held: pl.DataFrame, mailed: pl.DataFrame) -> pl.DataFrame:
    """Held-out recipients by e-mail, else by address; vetoed where somebody with a key of theirs was mailed."""
    found = begun(pairs.join(held.select(*IDENTITY, "recipient_id", "created_at"), on=IDENTITY), "created_at")
    descending = {"window_start_at": True, "competing_recipients": True, "match_tier": False, "match_reason": False}
    ambiguous = (
        found.filter("is_ambiguous")
        .sort(list(descending), descending=list(descending.values()))
        .unique(["order_id", "campaign_id"], keep="first", maintain_order=True)
        .with_columns(recipient_id=NOBODY, veto_reason=lit("ambiguous_address"))
    )
    named = found.filter(~col("is_ambiguous"))
    named = named.join(by_email, on=["order_id", "campaign_id", "recipient_id"], how="anti")
    named = named.with_columns(competing_recipients=lit(None, dtype=pl.Int64), veto_reason=NOBODY)
    by_address = pl.concat([named, ambiguous])
    holdout = {"match_method": "holdout", "is_holdout": True}
    both = [
        candidates(by_email, matched_on="email", match_reason="same e-mail", **holdout),
        candidates(by_address, matched_on="shipping_address", **holdout),
    ]
    unclean = pl.concat(
        held.join(mailed.select("campaign_id", key), on=["campaign_id", key], how="semi").select(
            "campaign_id", "recipient_id"
        )
        for key in ("email_key", "address_identity")
    ).unique()
    unclean = unclean.with_columns(is_unclean=lit(True))
    return (
        pl.concat(both)
        .join(unclean, on=["campaign_id", "recipient_id"], how="left")
        .with_columns(veto_reason=when("is_unclean").then(lit("also_mailed")).otherwise("veto_reason"))
        .select(CANDIDATE)
    )


def codes(frame: pl.DataFrame) -> pl.DataFrame:
    """A row per code of a column of several."""
    frame = frame.filter(col("discount_codes") != "").with_columns(code_key=col("discount_codes").str.split("|"))
    frame = frame.drop("discount_codes").explode("code_key")
    return (
        frame.with_columns(col("code_key").str.strip_chars().str.to_uppercase()).filter(col("code_key") != "").unique()
    )


def by_code(orders: pl.DataFrame, recipients: pl.DataFrame, campaigns: pl.DataFrame) -> pl.DataFrame:
    """Whose own code an order redeemed, else the campaigns whose code it is."""
    redeemed = codes(orders.select("order_id", "ordered_at", "discount_codes"))
    carried = recipients.join(redeemed, on="code_key", how="semi").with_columns(
        carriers=pl.len().over("campaign_id", "code_key"), start=pl.coalesce("sent_at", "created_at")
    )
    own = carried.filter((col("carriers") == 1) & ~col("is_holdout"))
    own = begun(redeemed.join(own.select("code_key", "campaign_id", "recipient_id", "start"), on="code_key"), "start")
    listed = codes(campaigns.select("campaign_id", "discount_codes"))
    shared = pl.concat([listed, carried.filter(col("carriers") > 1).select("campaign_id", "code_key")]).unique()
    shared = shared.join(campaigns.select("campaign_id", "launched_at"), on="campaign_id")
    shared = begun(redeemed.join(shared, on="code_key"), "launched_at")
    shared = shared.join(own, on=["order_id", "campaign_id"], how="anti")
    columns = ["order_id", "campaign_id", "recipient_id", "code_key", "matched_on", "window_start_at"]
    found = [
        own.with_columns(matched_on=lit("recipient_code")).select(columns),
        shared.with_columns(matched_on=lit("campaign_code"), recipient_id=NOBODY).select(columns),
    ]
    one_row = (
        pl.concat(found)
        .sort("code_key")
        .unique(["order_id", "campaign_id", "recipient_id"], keep="first", maintain_order=True)
    )
    return candidates(
        one_row.with_columns(match_reason=lit("code ") + col("code_key")),
        match_method="discount_code",
        is_holdout=False,
    )


def ranked(found: pl.DataFrame, orders: pl.DataFrame, campaigns: pl.DataFrame) -> pl.DataFrame:
    """The ledger."""
    since = col("ordered_at") - col("window_start_at")
    descending = {"order_id": False, "is_vetoed": False, "priority": False, "window_start_at": True}
    descending |= {"campaign_id": False, "recipient_id": False}
    return (
        found.join(campaigns.select("campaign_id", "min_age_days", "window_days"), on="campaign_id")
        .join(orders.select("order_id", "ordered_at"), on="order_id")
        .with_columns(
            priority=col("match_method").replace_strict(PRIORITIES, return_dtype=pl.Int8),
            is_vetoed=col("veto_reason").is_not_null(),
            timing_status=when(since < pl.duration(days="min_age_days"))
            .then(lit("before_window"))
            .when(since >= pl.duration(days="window_days"))
            .then(lit("after_window"))
            .otherwise(lit("in_window")),
        )
        .sort(list(descending), descending=list(descending.values()), nulls_last=True)
        .with_columns(
            place=pl.int_range(1, pl.len() + 1).over("order_id"),
            best_priority=col("priority").first().over("order_id"),
            best_start=col("window_start_at").first().over("order_id"),
        )
        .with_columns(
            match_rank=when(~col("is_vetoed")).then("place"),
            lost_reason=when("is_vetoed")
            .then("veto_reason")
            .when(col("place") == 1)
            .then(None)
            .when(col("priority") > col("best_priority"))
            .then(lit("lower_priority"))
            .when(col("window_start_at") < col("best_start"))
            .then(lit("earlier_mailing"))
            .otherwise(lit("tie_break")),
        )
        .select(LEDGER)
    )


def excluded(rows: pl.DataFrame, exclusions: pl.DataFrame) -> pl.DataFrame:
    """The rows that have an e-mail, a domain or an address that is excluded."""
    columns = {"email_key": "written_email_key", "email_domain": "email_domain", "address_key": "address_key"}
    return pl.concat(
        rows.join(exclusions.select(key).drop_nulls(), left_on=column, right_on=key, how="semi")
        for key, column in columns.items()
    ).unique()


def judged(
    orders: pl.DataFrame,
    ledger: pl.DataFrame,
    recipients: pl.DataFrame,
    campaigns: pl.DataFrame,
    exclusions: pl.DataFrame,
) -> pl.DataFrame:
    """The verdicts."""
    recipient = ["campaign_id", "recipient_id"]
    everywhere = exclusions.filter(col("campaign_id").is_null()).select("recipient_id").drop_nulls()
    bad = pl.concat(
        [
            excluded(recipients, exclusions).select(recipient),
            recipients.join(everywhere, on="recipient_id", how="semi").select(recipient),
            exclusions.select(recipient).drop_nulls(),
        ]
    ).unique()
    bad = bad.with_columns(has_bad_recipient=lit(True))
    bad_orders = excluded(orders, exclusions).select("order_id", is_bad=lit(True))
    winners = ledger.filter(col("match_rank") == 1).select(
        "order_id", "match_method", *recipient, "is_holdout", "timing_status"
    )
    reason = (
        when(col("excluded_as").is_not_null())
        .then("excluded_as")
        .when(col("match_method").is_null())
        .then(None)
        .when(col("is_bad").fill_null(False) | col("has_bad_recipient").fill_null(False))
        .then(lit("excluded_party"))
        .when("is_cancelled")
        .then(lit("order_cancelled"))
        .when(col("timing_status") != "in_window")
        .then("timing_status")
        .when(col("total_amount") < col("minimum_order_amount"))
        .then(lit("below_minimum"))
    )
    status = (
        when(col("excluded_as").is_not_null())
        .then(lit("excluded"))
        .when(col("match_method").is_null())
        .then(lit("unmatched"))
        .when(col("reason").is_not_null())
        .then(lit("rejected"))
        .when("is_holdout")
        .then(lit("holdout"))
        .otherwise(lit("attributed"))
    )
    return (
        orders.join(winners, on="order_id", how="left")
        .join(campaigns.select("campaign_id", "minimum_order_amount"), on="campaign_id", how="left")
        .join(bad_orders, on="order_id", how="left")
        .join(bad, on=recipient, how="left")
        .with_columns(reason=reason)
        .with_columns(attribution_status=status)
        .select(VERDICTS)
    )


def run(folder: Path) -> float:
    """Decides every order and returns the seconds that took."""
    tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in INPUTS}
    started = time.monotonic()
    orders, recipients, campaigns = tables["orders"], tables["recipients"], tables["campaigns"]
    matchable = orders.filter(col("excluded_as").is_null())
    mailed = recipients.filter(~col("is_holdout") & col("sent_at").is_not_null())
    held = recipients.filter(col("is_holdout"))
    pairs = addressed(matchable, tables["address_matches"])
    found = [
        candidates(
            by_email(matchable, mailed, "sent_at"),
            match_method="email",
            matched_on="email",
            match_reason="same e-mail",
            is_holdout=False,
        ),
        mailed_by_address(pairs, mailed, recipients, tables["subscriptions"]),
        by_code(matchable, recipients, campaigns),
        held_out(pairs, by_email(matchable, held, "created_at"), held, mailed),
    ]
    ledger = ranked(pl.concat(found), orders, campaigns)
    verdicts = judged(orders, ledger, recipients, campaigns, tables["exclusions"])
    paths = folder / "ledger_of_polars.parquet", folder / "verdicts_of_polars.parquet"
    ledger.write_parquet(paths[0])
    verdicts.write_parquet(paths[1])
    seconds = time.monotonic() - started
    hand_over_files(folder, "polars", *paths)
    return seconds
