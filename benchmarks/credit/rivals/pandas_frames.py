"""Data frames of pandas."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
from common import ADDRESS_LIMIT, INPUTS, LEDGER, PRIORITIES, VERDICTS, hand_over_files

CANDIDATE = ["order_id", "ordered_at", "campaign_id", "recipient_id", "is_holdout", "window_start_at"]
EXPLAINED = ["match_tier", "match_reason", "veto_reason", "competing_recipients"]
IDENTITY = ["campaign_id", "address_identity"]


def keys(frame: Any, *columns: str) -> Any:
    """The values of several columns as one key."""
    return pd.MultiIndex.from_frame(frame[list(columns)])


def begun(pairs: Any, start: str) -> Any:
    """Pairs whose order is no earlier than a time."""
    pairs = pairs[pairs.ordered_at >= pairs[start]]
    return pairs.assign(window_start_at=pairs[start])


def by_email(orders: Any, recipients: Any, start: str, method: str) -> Any:
    """Recipients with the order's e-mail."""
    orders = orders.loc[orders.email_key.notna(), ["order_id", "ordered_at", "email_key"]]
    recipients = recipients[["email_key", "campaign_id", "recipient_id", "is_holdout", start]]
    pairs = begun(orders.merge(recipients, on="email_key"), start)[CANDIDATE]
    return pairs.assign(match_method=method, matched_on="email", match_reason="same e-mail")


def addressed(orders: Any, matches: Any) -> Any:
    """Orders with the addresses of campaigns that theirs matches."""
    columns = ["order_id", "ordered_at", "customer_id", "email_key", "address_reading", "is_gift"]
    pairs = orders.loc[orders.address_reading.notna(), columns].merge(matches, on="address_reading")
    pairs["match_reason"] = pairs.match_reason + pairs.is_gift.map({True: ", gift order", False: ""})
    return pairs


def mailed_by_address(pairs: Any, mailed: Any, recipients: Any, subscriptions: Any) -> Any:
    """Mailed recipients at those addresses; whoever cannot be told apart is one row."""
    crowds = recipients[recipients.address_identity.notna()].groupby(IDENTITY).size().rename("neighbours").reset_index()
    columns = [*IDENTITY, "recipient_id", "is_holdout", "sent_at"]
    found = begun(pairs.merge(mailed[columns], on=IDENTITY), "sent_at").merge(crowds, on=IDENTITY)
    found["is_crowded"] = found.neighbours > ADDRESS_LIMIT
    nameless = found.is_ambiguous | found.is_crowded
    found["recipient_id"] = found.recipient_id.mask(nameless)
    found["competing_recipients"] = found.competing_recipients.where(found.is_ambiguous, found.neighbours)
    found.loc[~nameless, "competing_recipients"] = None
    veto = pd.Series(None, index=found.index, dtype="object")
    found["veto_reason"] = veto.mask(found.is_ambiguous, "ambiguous_address").mask(found.is_crowded, "ambiguous_key")
    one_row = found[nameless].sort_values(
        ["window_start_at", "is_crowded", "address_identity"], ascending=[False, False, True]
    )
    one_row = one_row.drop_duplicates(["order_id", "campaign_id"])
    found = pd.concat([found[~nameless], one_row], ignore_index=True)
    found["row"] = found.index
    subscribed = pd.concat(
        found[found[key].notna()].merge(subscriptions[subscriptions[key].notna()], on=key)[
            ["row", "window_start_at", "started_at", "ended_at"]
        ]
        for key in ("customer_id", "email_key")
    )
    subscribed = subscribed[
        (subscribed.window_start_at >= subscribed.started_at)
        & (subscribed.ended_at.isna() | (subscribed.window_start_at < subscribed.ended_at))
    ]
    found["veto_reason"] = found.veto_reason.mask(found.row.isin(subscribed.row), "active_subscription")
    return found[CANDIDATE + EXPLAINED].assign(match_method="address", matched_on="shipping_address")


def held_out(pairs: Any, by_email: Any, held: Any, mailed: Any) -> Any:
    """Held-out recipients by e-mail, else by address; vetoed where somebody with a key of theirs was mailed."""
    found = begun(pairs.merge(held[[*IDENTITY, "recipient_id", "is_holdout", "created_at"]], on=IDENTITY), "created_at")
    recipient = ("order_id", "campaign_id", "recipient_id")
    found = found[found.is_ambiguous | ~keys(found, *recipient).isin(keys(by_email, *recipient))]
    ambiguous = found[found.is_ambiguous].sort_values(
        ["window_start_at", "competing_recipients", "match_tier", "match_reason"], ascending=[False, False, True, True]
    )
    ambiguous = ambiguous.drop_duplicates(["order_id", "campaign_id"])
    ambiguous = ambiguous.assign(recipient_id=None, veto_reason="ambiguous_address")
    found = pd.concat([found[~found.is_ambiguous].assign(competing_recipients=None, veto_reason=None), ambiguous])
    found = found[CANDIDATE + EXPLAINED].assign(match_method="holdout", matched_on="shipping_address")
    found = pd.concat([by_email, found], ignore_index=True)
    unclean = pd.concat(
        held[keys(held, "campaign_id", key).isin(keys(mailed[mailed[key].notna()], "campaign_id", key).unique())]
        for key in ("email_key", "address_identity")
    )
    is_unclean = keys(found, "campaign_id", "recipient_id").isin(keys(unclean, "campaign_id", "recipient_id").unique())
    found["veto_reason"] = found.veto_reason.mask(is_unclean & found.recipient_id.notna(), "also_mailed")
    return found


def codes(frame: Any) -> Any:
    """A row per code of a column of several."""
    frame = frame[frame.discount_codes.fillna("") != ""]
    frame = frame.assign(code_key=frame.discount_codes.str.split("|")).explode("code_key")
    frame["code_key"] = frame.code_key.str.strip().str.upper()
    return frame[frame.code_key != ""].drop(columns="discount_codes").drop_duplicates()


def by_code(orders: Any, recipients: Any, campaigns: Any) -> Any:
    """Whose own code an order redeemed, else the campaigns whose code it is."""
    redeemed = codes(orders[["order_id", "ordered_at", "discount_codes"]])
    carried = recipients[recipients.code_key.isin(redeemed.code_key.unique()) & recipients.code_key.notna()]
    carriers = carried.groupby(["campaign_id", "code_key"]).recipient_id.transform("size")
    own = carried[(carriers == 1) & ~carried.is_holdout]
    own = own.assign(start=own.sent_at.fillna(own.created_at))[["code_key", "campaign_id", "recipient_id", "start"]]
    own = begun(redeemed.merge(own, on="code_key"), "start").assign(matched_on="recipient_code")
    listed = codes(campaigns[["campaign_id", "discount_codes"]])
    shared = pd.concat([listed, carried.loc[carriers > 1, ["campaign_id", "code_key"]]]).drop_duplicates()
    shared = shared.merge(campaigns[["campaign_id", "launched_at"]], on="campaign_id")
    shared = begun(redeemed.merge(shared, on="code_key"), "launched_at")
    shared = shared[~keys(shared, "order_id", "campaign_id").isin(keys(own, "order_id", "campaign_id"))]
    found = pd.concat([own, shared.assign(matched_on="campaign_code", recipient_id=None)]).sort_values("code_key")
    found = found.drop_duplicates(["order_id", "campaign_id", "recipient_id"]).assign(
        match_method="discount_code", is_holdout=False
    )
    found["match_reason"] = "code " + found.code_key
    return found[[*CANDIDATE, "match_method", "matched_on", "match_reason"]]


def ranked(candidates: Any, campaigns: Any) -> Any:
    """The ledger."""
    ledger = candidates.merge(campaigns[["campaign_id", "min_age_days", "window_days"]], on="campaign_id")
    since = ledger.ordered_at - ledger.window_start_at
    timing = pd.Series("in_window", index=ledger.index, dtype="object")
    timing = timing.mask(since < pd.to_timedelta(ledger.min_age_days, unit="D"), "before_window")
    ledger["timing_status"] = timing.mask(since >= pd.to_timedelta(ledger.window_days, unit="D"), "after_window")
    ledger["is_vetoed"] = ledger.veto_reason.notna()
    ledger["priority"] = ledger.match_method.map(PRIORITIES)
    ledger = ledger.sort_values(
        ["order_id", "is_vetoed", "priority", "window_start_at", "campaign_id", "recipient_id"],
        ascending=[True, True, True, False, True, True],
        na_position="last",
    )
    of_one_order = ledger.groupby("order_id", sort=False)
    place = of_one_order.cumcount() + 1
    ledger["match_rank"] = place.where(~ledger.is_vetoed)
    lost = pd.Series("tie_break", index=ledger.index, dtype="object")
    lost = lost.mask(ledger.window_start_at < of_one_order.window_start_at.transform("first"), "earlier_mailing")
    lost = lost.mask(ledger.priority > of_one_order.priority.transform("first"), "lower_priority").mask(
        place == 1, None
    )
    ledger["lost_reason"] = lost.where(~ledger.is_vetoed, ledger.veto_reason)
    return ledger[list(LEDGER)]


def excluded(rows: Any, exclusions: Any) -> Any:
    """Which rows have an e-mail, a domain or an address that is excluded."""
    found = pd.Series(False, index=rows.index)
    columns = {"email_key": "written_email_key", "email_domain": "email_domain", "address_key": "address_key"}
    for key, column in columns.items():
        found |= rows[column].isin(exclusions[key].dropna()) & rows[column].notna()
    return found


def judged(orders: Any, ledger: Any, recipients: Any, campaigns: Any, exclusions: Any) -> Any:
    """The verdicts."""
    winners = ledger.loc[
        ledger.match_rank == 1,
        ["order_id", "match_method", "campaign_id", "recipient_id", "is_holdout", "timing_status"],
    ]
    rows = orders.merge(winners, on="order_id", how="left")
    rows = rows.merge(campaigns[["campaign_id", "minimum_order_amount"]], on="campaign_id", how="left")
    everywhere = exclusions.loc[exclusions.campaign_id.isna(), "recipient_id"].dropna()
    somewhere = keys(exclusions.dropna(subset=["campaign_id", "recipient_id"]), "campaign_id", "recipient_id")
    bad = recipients[
        excluded(recipients, exclusions)
        | recipients.recipient_id.isin(everywhere)
        | keys(recipients, "campaign_id", "recipient_id").isin(somewhere)
    ]
    has_bad_winner = rows.recipient_id.notna() & keys(rows, "campaign_id", "recipient_id").isin(
        keys(bad, "campaign_id", "recipient_id")
    )
    reason = pd.Series(None, index=rows.index, dtype="object")
    reason = reason.mask(rows.total_amount < rows.minimum_order_amount, "below_minimum")
    reason = reason.mask(rows.timing_status != "in_window", rows.timing_status)
    reason = reason.mask(rows.is_cancelled, "order_cancelled")
    reason = reason.mask(excluded(rows, exclusions) | has_bad_winner, "excluded_party")
    reason = reason.mask(rows.match_method.isna(), None).mask(rows.excluded_as.notna(), rows.excluded_as)
    status = pd.Series("attributed", index=rows.index, dtype="object")
    status = status.mask(rows.is_holdout.fillna(False).astype(bool), "holdout").mask(reason.notna(), "rejected")
    status = status.mask(rows.match_method.isna(), "unmatched").mask(rows.excluded_as.notna(), "excluded")
    return rows.assign(attribution_status=status, reason=reason)[list(VERDICTS)]


def run(folder: Path) -> float:
    """Decides every order and returns the seconds that took."""
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in INPUTS}
    started = time.monotonic()
    orders, recipients, campaigns = tables["orders"], tables["recipients"], tables["campaigns"]
    matchable = orders[orders.excluded_as.isna()]
    mailed = recipients[~recipients.is_holdout & recipients.sent_at.notna()]
    held = recipients[recipients.is_holdout]
    pairs = addressed(matchable, tables["address_matches"])
    candidates = pd.concat(
        [
            by_email(matchable, mailed, "sent_at", "email"),
            mailed_by_address(pairs, mailed, recipients, tables["subscriptions"]),
            by_code(matchable, recipients, campaigns),
            held_out(pairs, by_email(matchable, held, "created_at", "holdout"), held, mailed),
        ],
        ignore_index=True,
    )
    ledger = ranked(candidates, campaigns)
    verdicts = judged(orders, ledger, recipients, campaigns, tables["exclusions"])
    paths = folder / "ledger_of_pandas.parquet", folder / "verdicts_of_pandas.parquet"
    ledger.to_parquet(paths[0])
    verdicts.to_parquet(paths[1])
    seconds = time.monotonic() - started
    hand_over_files(folder, "pandas", *paths)
    return seconds
