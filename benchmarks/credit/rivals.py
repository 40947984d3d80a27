"""The work from stored keys to verdicts as one would do it with other engines: a loop over SQLite, pandas, polars, PostgreSQL.

    python rivals.py NAME FOLDER

FOLDER holds what the models had made before (rivals.sql): orders and recipients with their keys, the pairs of addresses
that match, campaigns, exclusions, subscriptions. Each rival puts it where it wants it, with indexes, and is then timed:
candidates by e-mail, address, code and holdout, vetoes, windows, ranks, and a verdict on each order. It leaves
NAME.parquet (the ledger) and NAME_verdicts.parquet, so that the caller can compare, and prints its seconds last.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

INPUTS = ("orders", "recipients", "address_matches", "campaigns", "exclusions", "subscriptions")
LEDGER = (
    *("order_id", "match_method", "matched_on", "campaign_id", "recipient_id", "is_holdout", "window_start_at"),
    *("timing_status", "veto_reason", "competing_recipients", "match_tier", "match_reason", "match_rank", "lost_reason"),
)
VERDICTS = ("order_id", "attribution_status", "reason", "match_method", "campaign_id", "recipient_id")
PRIORITIES = {"email": 1, "address": 2, "discount_code": 3, "holdout": 4}
ADDRESS_LIMIT = 25
ZERO = datetime(1, 1, 1)


def write(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    """Writes the tables `ledger` and `verdicts` of a connection, with the types of the script's."""
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


class Loop:
    """One order after the other over indexed SQLite, the rules in Python: how such syncs are usually written."""

    def __init__(self, folder: Path) -> None:
        """Loads and indexes the tables."""
        self.store = sqlite3.connect(folder / "loop.sqlite")
        self.store.execute("pragma journal_mode = off")
        self.store.execute("pragma synchronous = off")
        self.store.execute("pragma cache_size = -2000000")
        with duckdb.connect() as connection:
            for table in INPUTS:
                relation = connection.execute(f"from '{folder / f'{table}.parquet'}'")
                names = [column[0] for column in relation.description or []]
                self.store.execute(f"create table {table} ({', '.join(names)})")
                marks = ", ".join("?" * len(names))
                while rows := relation.fetchmany(100_000):
                    texts = ([str(v) if isinstance(v, datetime) else v for v in row] for row in rows)
                    self.store.executemany(f"insert into {table} values ({marks})", texts)
        for number, (table, columns) in enumerate(
            [
                ("recipients", "email_key"),
                ("recipients", "campaign_id, address_identity"),
                ("recipients", "campaign_id, email_key"),
                ("recipients", "campaign_id, recipient_id"),
                ("recipients", "code_key"),
                ("address_matches", "address_reading"),
                ("subscriptions", "customer_id"),
                ("subscriptions", "email_key"),
                ("exclusions", "email_key"),
            ]
        ):
            self.store.execute(f"create index index_{number} on {table} ({columns})")
        self.store.execute("analyze")
        self.store.execute(f"create table ledger ({', '.join(LEDGER)})")
        self.store.execute(f"create table verdicts ({', '.join(VERDICTS)})")
        campaigns = self.store.execute(
            "select campaign_id, min_age_days, window_days, minimum_order_amount, launched_at, discount_codes from campaigns"
        )
        self.campaigns = {row[0]: row[1:] for row in campaigns}
        self.codes: dict[str, list[str]] = {}
        for campaign_id, (*_, codes) in self.campaigns.items():
            for code in {part.strip().upper() for part in (codes or "").split("|")} - {""}:
                self.codes.setdefault(code, []).append(campaign_id)

    def rows(self, sql: str, *values: object) -> list[Any]:
        """The rows of a query."""
        return self.store.execute(sql, values).fetchall()

    def run(self) -> None:
        """Decides every order."""
        orders = self.store.cursor().execute(
            """
            select order_id, customer_id, email_key, written_email_key, email_domain, address_key, address_reading,
                discount_codes, is_gift, excluded_as, is_cancelled, total_amount, ordered_at
            from orders
            """
        )
        for order in orders:
            candidates = [] if order[9] else list(self.candidates(order))
            ledger = self.rank(candidates, order[12])
            self.store.executemany(f"insert into ledger values ({', '.join('?' * len(LEDGER))})", ledger)
            winner = next((row for row in ledger if row[12] == 1), None)
            self.store.execute(f"insert into verdicts values ({', '.join('?' * len(VERDICTS))})", self.judge(order, winner))
        self.store.commit()

    def candidates(self, order: Any) -> Iterator[list[Any]]:
        """Method, what matched, campaign, recipient, arm, start, veto, competitors, tier and reason of each candidate."""
        order_id, customer_id, email, _, _, _, reading, codes, is_gift, *_, ordered_at = order
        held_out_by_email = set()
        if email:
            for campaign_id, recipient_id, is_holdout, created_at, sent_at in self.rows(
                "select campaign_id, recipient_id, is_holdout, created_at, sent_at from recipients where email_key = ?", email
            ):
                if is_holdout and created_at <= ordered_at:
                    held_out_by_email.add((campaign_id, recipient_id))
                    veto = self.also_mailed(campaign_id, recipient_id)
                    yield [order_id, "holdout", "email", campaign_id, recipient_id, True, created_at, veto, None, None, "same e-mail"]
                elif not is_holdout and sent_at and sent_at <= ordered_at:
                    yield [order_id, "email", "email", campaign_id, recipient_id, False, sent_at, None, None, None, "same e-mail"]
        if reading:
            yield from self.by_address(order_id, customer_id, email, reading, is_gift, ordered_at, held_out_by_email)
        for code in sorted({part.strip().upper() for part in (codes or "").split("|")} - {""}):
            yield from self.by_code(order_id, code, ordered_at)

    def by_address(
        self, order_id: str, customer_id: str, email: str, reading: str, is_gift: bool, ordered_at: str, known: set[Any]
    ) -> Iterator[list[Any]]:
        """Those at a matching address."""
        nameless: dict[tuple[str, bool], list[tuple[Any, ...]]] = {}
        for campaign_id, identity, tier, reason, is_ambiguous, competing in self.rows(
            """
            select campaign_id, address_identity, match_tier, match_reason, is_ambiguous, competing_recipients
            from address_matches
            where address_reading = ?
            """,
            reading,
        ):
            here = self.rows(
                """
                select recipient_id, is_holdout, created_at, sent_at from recipients
                where campaign_id = ? and address_identity = ?
                """,
                campaign_id,
                identity,
            )
            reason += ", gift order" if is_gift else ""
            for recipient_id, is_holdout, created_at, sent_at in here:
                start = created_at if is_holdout else sent_at
                if not start or start > ordered_at or (is_holdout and (campaign_id, recipient_id) in known):
                    continue
                crowded = len(here) > ADDRESS_LIMIT and not is_holdout
                if is_ambiguous or crowded:
                    competitors = competing if is_ambiguous else len(here)
                    found = (start, crowded, identity, competitors, tier, reason)
                    nameless.setdefault((campaign_id, bool(is_holdout)), []).append(found)
                    continue
                if is_holdout:
                    veto = self.also_mailed(campaign_id, recipient_id)
                else:
                    veto = "active_subscription" if self.is_subscribed(customer_id, email, start) else None
                method = "holdout" if is_holdout else "address"
                yield [order_id, method, "shipping_address", campaign_id, recipient_id, is_holdout, start, veto, None, tier, reason]
        for (campaign_id, is_holdout), found_here in nameless.items():
            # the latest; then a crowded one; then the first address, or most competitors
            latest = max(row[0] for row in found_here)
            last = [row for row in found_here if row[0] == latest]
            if is_holdout:
                start, crowded, _, competitors, tier, reason = min(last, key=lambda row: (-row[3], row[4], row[5]))
            else:
                start, crowded, _, competitors, tier, reason = min(last, key=lambda row: (not row[1], row[2]))
            veto = "ambiguous_key" if crowded else "ambiguous_address"
            if not is_holdout and self.is_subscribed(customer_id, email, start):
                veto = "active_subscription"
            method = "holdout" if is_holdout else "address"
            yield [order_id, method, "shipping_address", campaign_id, None, is_holdout, start, veto, competitors, tier, reason]

    def by_code(self, order_id: str, code: str, ordered_at: str) -> Iterator[list[Any]]:
        """Whose own code it is, else the campaigns whose code it is."""
        carriers: dict[str, list[Any]] = {}
        for row in self.rows(
            "select campaign_id, recipient_id, is_holdout, created_at, sent_at from recipients where code_key = ?", code
        ):
            carriers.setdefault(row[0], []).append(row)
        owned = set()
        for campaign_id, rows in carriers.items():
            _, recipient_id, is_holdout, created_at, sent_at = rows[0]
            start = sent_at or created_at
            if len(rows) == 1 and not is_holdout and start <= ordered_at:
                owned.add(campaign_id)
                yield [order_id, "discount_code", "recipient_code", campaign_id, recipient_id, False, start, None, None, None, f"code {code}"]
        shared = {campaign_id for campaign_id, rows in carriers.items() if len(rows) > 1} | set(self.codes.get(code, []))
        for campaign_id in shared - owned:
            launched_at = self.campaigns[campaign_id][3]
            if launched_at <= ordered_at:
                yield [order_id, "discount_code", "campaign_code", campaign_id, None, False, launched_at, None, None, None, f"code {code}"]

    def also_mailed(self, campaign_id: str, recipient_id: str) -> str | None:
        """A veto where somebody with the same e-mail or address was sent mail."""
        [(email, identity)] = self.rows(
            "select email_key, address_identity from recipients where campaign_id = ? and recipient_id = ?",
            campaign_id,
            recipient_id,
        )
        for column, value in (("email_key", email), ("address_identity", identity)):
            if value and self.rows(
                f"""
                select 1 from recipients
                where campaign_id = ? and {column} = ? and not is_holdout and sent_at is not null
                limit 1
                """,
                campaign_id,
                value,
            ):
                return "also_mailed"
        return None

    def is_subscribed(self, customer_id: str, email: str, sent_at: str) -> bool:
        """Whether the customer had a subscription when the mail went out."""
        for column, value in (("customer_id", customer_id), ("email_key", email)):
            if value and self.rows(
                f"""
                select 1 from subscriptions
                where {column} = ? and started_at <= ? and (ended_at is null or ended_at > ?)
                limit 1
                """,
                value,
                sent_at,
                sent_at,
            ):
                return True
        return False

    def rank(self, candidates: list[list[Any]], ordered_at: str) -> list[tuple[Any, ...]]:
        """The ledger's rows of an order."""
        # two codes of one campaign are one candidate
        firsts: dict[tuple[Any, ...], list[Any]] = {}
        for row in candidates:
            firsts.setdefault((row[1], row[3], row[4]) if row[1] == "discount_code" else (len(firsts), id(row)), row)
        at = datetime.fromisoformat(ordered_at)
        candidates = sorted(firsts.values(), key=lambda row: (row[4] is None, row[4] or ""))
        candidates.sort(key=lambda row: row[3])
        candidates.sort(key=lambda row: row[6], reverse=True)
        candidates.sort(key=lambda row: (row[7] is not None, PRIORITIES[row[1]]))
        ledger = []
        for place, row in enumerate(candidates, 1):
            order_id, method, matched_on, campaign_id, recipient_id, is_holdout, start, veto, competing, tier, reason = row
            since = at - datetime.fromisoformat(start)
            min_age, window, *_ = self.campaigns[campaign_id]
            timing = "before_window" if since < timedelta(min_age) else "after_window" if since >= timedelta(window) else "in_window"
            best = candidates[0]
            lost = veto or (
                None
                if place == 1
                else "lower_priority"
                if PRIORITIES[method] > PRIORITIES[best[1]]
                else "earlier_mailing"
                if start < best[6]
                else "tie_break"
            )
            rank = None if veto else place
            ledger.append(
                (order_id, method, matched_on, campaign_id, recipient_id, is_holdout, start, timing, veto, competing, tier)
                + (reason, rank, lost)
            )
        return ledger

    def judge(self, order: Any, winner: tuple[Any, ...] | None) -> tuple[Any, ...]:
        """The verdict on an order."""
        order_id, _, _, written, domain, address, *_, excluded_as, is_cancelled, amount, ordered_at = order
        if excluded_as:
            return order_id, "excluded", excluded_as, None, None, None
        if winner is None:
            return order_id, "unmatched", None, None, None, None
        _, method, _, campaign_id, recipient_id, is_holdout, _, timing, *_ = winner
        minimum = self.campaigns[campaign_id][2]
        if self.is_excluded(written, domain, address) or self.is_excluded_recipient(campaign_id, recipient_id):
            reason = "excluded_party"
        elif is_cancelled:
            reason = "order_cancelled"
        elif timing != "in_window":
            reason = timing
        elif minimum is not None and amount < minimum:
            reason = "below_minimum"
        else:
            return order_id, "holdout" if is_holdout else "attributed", None, method, campaign_id, recipient_id
        return order_id, "rejected", reason, method, campaign_id, recipient_id

    def is_excluded(self, email: str | None, domain: str | None, address: str | None) -> bool:
        """Whether an exclusion names the e-mail, its domain or the address."""
        return bool(
            self.rows(
                "select 1 from exclusions where email_key = ? or email_domain = ? or address_key = ? limit 1",
                email,
                domain,
                address,
            )
        )

    def is_excluded_recipient(self, campaign_id: str, recipient_id: str | None) -> bool:
        """Whether an exclusion names the recipient or a key of the recipient."""
        if recipient_id is None:
            return False
        [(email, domain, address)] = self.rows(
            "select written_email_key, email_domain, address_key from recipients where campaign_id = ? and recipient_id = ?",
            campaign_id,
            recipient_id,
        )
        return self.is_excluded(email, domain, address) or bool(
            self.rows(
                "select 1 from exclusions where recipient_id = ? and (campaign_id is null or campaign_id = ?)",
                recipient_id,
                campaign_id,
            )
        )


def loop(folder: Path) -> float:
    """SQLite."""
    rival = Loop(folder)
    started = time.monotonic()
    rival.run()
    seconds = time.monotonic() - started
    with duckdb.connect() as connection:
        for table, names in (("ledger", LEDGER), ("verdicts", VERDICTS)):
            connection.execute(f"create table {table} ({', '.join(f'{name} varchar' for name in names)})")
            rows = rival.store.execute(f"select * from {table}")
            while batch := rows.fetchmany(500_000):
                columns = {name: [row[place] for row in batch] for place, name in enumerate(names)}
                frame = _arrow({name: [None if v is None else str(v) for v in column] for name, column in columns.items()})
                connection.execute(f"insert into {table} select * from frame")
                del frame
        write(connection, folder, "sqlite")
    return seconds


def _arrow(columns: dict[str, list[str | None]]) -> Any:
    import pyarrow

    return pyarrow.table({name: pyarrow.array(column, pyarrow.string()) for name, column in columns.items()})


def with_pandas(folder: Path) -> float:
    """Data frames of pandas."""
    import pandas as pd

    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in INPUTS}
    started = time.monotonic()
    orders, recipients, campaigns = tables["orders"], tables["recipients"], tables["campaigns"]
    subscriptions, exclusions = tables["subscriptions"], tables["exclusions"]
    matchable = orders[orders.excluded_as.isna()]
    mailed = recipients[~recipients.is_holdout & recipients.sent_at.notna()]
    held_out = recipients[recipients.is_holdout]
    columns = ["order_id", "ordered_at", "campaign_id", "recipient_id", "is_holdout", "window_start_at"]

    def started_before(pairs: Any, start: str) -> Any:
        pairs = pairs[pairs.ordered_at >= pairs[start]]
        return pairs.assign(window_start_at=pairs[start])

    with_email = matchable.loc[matchable.email_key.notna(), ["order_id", "ordered_at", "email_key"]]
    email_columns = ["email_key", "campaign_id", "recipient_id", "is_holdout"]
    by_email = started_before(with_email.merge(mailed[[*email_columns, "sent_at"]], on="email_key"), "sent_at")
    by_email = by_email[columns].assign(match_method="email", matched_on="email", match_reason="same e-mail")
    held_by_email = started_before(with_email.merge(held_out[[*email_columns, "created_at"]], on="email_key"), "created_at")
    held_by_email = held_by_email[columns].assign(match_method="holdout", matched_on="email", match_reason="same e-mail")

    at_address = matchable.loc[
        matchable.address_reading.notna(), ["order_id", "ordered_at", "customer_id", "email_key", "address_reading", "is_gift"]
    ].merge(tables["address_matches"], on="address_reading")
    at_address["match_reason"] = at_address.match_reason + at_address.is_gift.map({True: ", gift order", False: ""})
    identity = ["campaign_id", "address_identity"]
    crowds = recipients[recipients.address_identity.notna()].groupby(identity).size().rename("neighbours").reset_index()
    address_columns = [*identity, "recipient_id", "is_holdout"]
    mailed_at = started_before(at_address.merge(mailed[[*address_columns, "sent_at"]], on=identity), "sent_at")
    mailed_at = mailed_at.merge(crowds, on=identity)
    mailed_at["is_crowded"] = mailed_at.neighbours > ADDRESS_LIMIT
    nameless = mailed_at.is_ambiguous | mailed_at.is_crowded
    mailed_at["recipient_id"] = mailed_at.recipient_id.mask(nameless)
    mailed_at["competing_recipients"] = mailed_at.competing_recipients.where(mailed_at.is_ambiguous, mailed_at.neighbours)
    mailed_at.loc[~nameless, "competing_recipients"] = None
    mailed_at["veto_reason"] = None
    mailed_at["veto_reason"] = mailed_at.veto_reason.mask(mailed_at.is_ambiguous, "ambiguous_address")
    mailed_at["veto_reason"] = mailed_at.veto_reason.mask(mailed_at.is_crowded, "ambiguous_key")
    one_row = (
        mailed_at[nameless]
        .sort_values(["window_start_at", "is_crowded", "address_identity"], ascending=[False, False, True], kind="stable")
        .drop_duplicates(["order_id", "campaign_id"])
    )
    mailed_at = pd.concat([mailed_at[~nameless], one_row], ignore_index=True)
    mailed_at["row"] = mailed_at.index
    subscribed = pd.concat(
        mailed_at[mailed_at[key].notna()].merge(subscriptions[subscriptions[key].notna()], on=key)[
            ["row", "window_start_at", "started_at", "ended_at"]
        ]
        for key in ("customer_id", "email_key")
    )
    subscribed = subscribed[
        (subscribed.window_start_at >= subscribed.started_at)
        & (subscribed.ended_at.isna() | (subscribed.window_start_at < subscribed.ended_at))
    ]
    mailed_at["veto_reason"] = mailed_at.veto_reason.mask(mailed_at.row.isin(subscribed.row), "active_subscription")
    extra = ["match_tier", "match_reason", "veto_reason", "competing_recipients"]
    mailed_at = mailed_at[[*columns, *extra]].assign(match_method="address", matched_on="shipping_address")

    held_at = started_before(at_address.merge(held_out[[*address_columns, "created_at"]], on=identity), "created_at")
    known = pd.MultiIndex.from_frame(held_by_email[["order_id", "campaign_id", "recipient_id"]])
    held_at = held_at[~pd.MultiIndex.from_frame(held_at[["order_id", "campaign_id", "recipient_id"]]).isin(known)]
    ambiguous = held_at[held_at.is_ambiguous].sort_values(
        ["window_start_at", "competing_recipients", "match_tier", "match_reason"], ascending=[False, False, True, True]
    )
    ambiguous = ambiguous.drop_duplicates(["order_id", "campaign_id"]).assign(
        recipient_id=None, veto_reason="ambiguous_address"
    )
    held_at = pd.concat([held_at[~held_at.is_ambiguous].assign(competing_recipients=None), ambiguous])
    held_at = held_at.assign(match_method="holdout", matched_on="shipping_address")
    held = pd.concat([held_by_email, held_at[[*columns, *extra[:2], "match_method", "matched_on", *extra[2:]]]])
    unclean = []
    for key in ("email_key", "address_identity"):
        mailed_keys = pd.MultiIndex.from_frame(mailed.loc[mailed[key].notna(), ["campaign_id", key]].drop_duplicates())
        unclean.append(held_out[pd.MultiIndex.from_frame(held_out[["campaign_id", key]]).isin(mailed_keys)])
    also_mailed = pd.MultiIndex.from_frame(pd.concat(unclean)[["campaign_id", "recipient_id"]].drop_duplicates())
    is_unclean = pd.MultiIndex.from_frame(held[["campaign_id", "recipient_id"]]).isin(also_mailed)
    held["veto_reason"] = held.veto_reason.mask(is_unclean & held.recipient_id.notna(), "also_mailed")

    redeemed = matchable.loc[matchable.discount_codes.fillna("") != "", ["order_id", "ordered_at", "discount_codes"]]
    redeemed = redeemed.assign(code_key=redeemed.discount_codes.str.split("|")).explode("code_key")
    redeemed["code_key"] = redeemed.code_key.str.strip().str.upper()
    redeemed = redeemed[redeemed.code_key != ""].drop_duplicates(["order_id", "code_key"]).drop(columns="discount_codes")
    carried = recipients[recipients.code_key.isin(redeemed.code_key.unique()) & recipients.code_key.notna()]
    carriers = carried.groupby(["campaign_id", "code_key"]).recipient_id.transform("size")
    own = carried[(carriers == 1) & ~carried.is_holdout]
    own = own.assign(start=own.sent_at.fillna(own.created_at))[["code_key", "campaign_id", "recipient_id", "start"]]
    own = started_before(redeemed.merge(own, on="code_key"), "start").assign(matched_on="recipient_code")
    listed = campaigns[["campaign_id", "discount_codes"]].assign(code_key=campaigns.discount_codes.str.split("|"))
    listed = listed.explode("code_key")[["campaign_id", "code_key"]]
    listed["code_key"] = listed.code_key.str.strip().str.upper()
    shared = pd.concat([listed, carried.loc[carriers > 1, ["campaign_id", "code_key"]]]).drop_duplicates()
    shared = shared.merge(campaigns[["campaign_id", "launched_at"]], on="campaign_id")
    shared = started_before(redeemed.merge(shared, on="code_key"), "launched_at").assign(matched_on="campaign_code")
    owned = pd.MultiIndex.from_frame(own[["order_id", "campaign_id"]])
    shared = shared[~pd.MultiIndex.from_frame(shared[["order_id", "campaign_id"]]).isin(owned)].assign(recipient_id=None)
    by_code = pd.concat([own, shared]).sort_values("code_key").drop_duplicates(["order_id", "campaign_id", "recipient_id"])
    by_code = by_code.assign(
        match_method="discount_code", match_reason="code " + by_code.code_key, is_holdout=False
    )[[*columns, "match_method", "matched_on", "match_reason"]]

    ledger = pd.concat([by_email, mailed_at, by_code, held], ignore_index=True)
    ledger = ledger.merge(campaigns[["campaign_id", "min_age_days", "window_days"]], on="campaign_id")
    since = ledger.ordered_at - ledger.window_start_at
    ledger["timing_status"] = "in_window"
    ledger["timing_status"] = ledger.timing_status.mask(
        since < pd.to_timedelta(ledger.min_age_days, unit="D"), "before_window"
    ).mask(since >= pd.to_timedelta(ledger.window_days, unit="D"), "after_window")
    ledger["is_vetoed"] = ledger.veto_reason.notna()
    ledger["priority"] = ledger.match_method.map(PRIORITIES)
    ledger = ledger.sort_values(
        ["order_id", "is_vetoed", "priority", "window_start_at", "campaign_id", "recipient_id"],
        ascending=[True, True, True, False, True, True],
        na_position="last",
    )
    groups = ledger.groupby("order_id", sort=False)
    place = groups.cumcount() + 1
    ledger["match_rank"] = place.where(~ledger.is_vetoed)
    lost = pd.Series("tie_break", index=ledger.index, dtype="object")
    lost = lost.mask(ledger.window_start_at < groups.window_start_at.transform("first"), "earlier_mailing")
    lost = lost.mask(ledger.priority > groups.priority.transform("first"), "lower_priority").mask(place == 1, None)
    ledger["lost_reason"] = lost.where(~ledger.is_vetoed, ledger.veto_reason)
    ledger = ledger[list(LEDGER)]

    winners = ledger[ledger.match_rank == 1]
    verdicts = orders.merge(
        winners[["order_id", "match_method", "campaign_id", "recipient_id", "is_holdout", "timing_status"]],
        on="order_id",
        how="left",
    ).merge(campaigns[["campaign_id", "minimum_order_amount"]], on="campaign_id", how="left")

    def excluded(rows: Any) -> Any:
        found = pd.Series(False, index=rows.index)
        for key, column in (("email_key", "written_email_key"), ("email_domain", "email_domain"), ("address_key", "address_key")):
            found |= rows[column].isin(exclusions[key].dropna()) & rows[column].notna()
        return found

    everywhere = exclusions.loc[exclusions.campaign_id.isna(), "recipient_id"].dropna()
    somewhere = pd.MultiIndex.from_frame(exclusions[["campaign_id", "recipient_id"]].dropna())
    bad = recipients[
        excluded(recipients)
        | recipients.recipient_id.isin(everywhere)
        | pd.MultiIndex.from_frame(recipients[["campaign_id", "recipient_id"]]).isin(somewhere)
    ]
    bad_winner = pd.MultiIndex.from_frame(verdicts[["campaign_id", "recipient_id"]]).isin(
        pd.MultiIndex.from_frame(bad[["campaign_id", "recipient_id"]])
    )
    reason = pd.Series(None, index=verdicts.index, dtype="object")
    reason = reason.mask(verdicts.total_amount < verdicts.minimum_order_amount, "below_minimum")
    reason = reason.mask(verdicts.timing_status != "in_window", verdicts.timing_status)
    reason = reason.mask(verdicts.is_cancelled, "order_cancelled")
    reason = reason.mask(excluded(verdicts) | (bad_winner & verdicts.recipient_id.notna()), "excluded_party")
    reason = reason.mask(verdicts.match_method.isna(), None).mask(verdicts.excluded_as.notna(), verdicts.excluded_as)
    status = pd.Series("attributed", index=verdicts.index, dtype="object")
    status = status.mask(verdicts.is_holdout == True, "holdout").mask(reason.notna(), "rejected")  # noqa: E712 - null is neither
    status = status.mask(verdicts.match_method.isna(), "unmatched").mask(verdicts.excluded_as.notna(), "excluded")
    verdicts = verdicts.assign(attribution_status=status, reason=reason)[list(VERDICTS)]
    ledger.to_parquet(folder / "ledger_of_pandas.parquet")
    verdicts.to_parquet(folder / "verdicts_of_pandas.parquet")
    seconds = time.monotonic() - started
    with duckdb.connect() as connection:
        for table in ("ledger", "verdicts"):
            connection.execute(f"create view {table} as from '{folder / f'{table}_of_pandas.parquet'}'")
        write(connection, folder, "pandas")
    return seconds


def postgres(folder: Path) -> float:
    """PostgreSQL with the script's SQL, indexed, analyzed, two processes a query, and nothing written for safety."""
    binaries = Path(os.environ.get("POSTGRES_BIN") or Path(shutil.which("initdb") or "initdb").parent)
    data = Path(tempfile.mkdtemp(prefix="matchback-postgres-"))
    # the server refuses to run as root
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(data, user)
    settings = {
        **{"listen_addresses": "", "unix_socket_directories": str(data), "fsync": "off", "max_wal_size": "20GB"},
        **{"shared_buffers": "2GB", "work_mem": "512MB", "maintenance_work_mem": "1GB", "jit": "off"},
        **{"max_parallel_workers_per_gather": "1", "effective_cache_size": "6GB", "TimeZone": "UTC"},
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": data}
    subprocess.run([binaries / "initdb", "-D", data / "db", "-U", "bench", "--no-sync"], check=True, **quiet)
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen([binaries / "postgres", "-D", data / "db", *flags], **quiet)
    client = ["psql", "-h", str(data), "-U", "bench", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"]
    try:
        for _ in range(100):
            if subprocess.run([*client, "-c", "select 1"], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        with duckdb.connect() as connection:
            for table in INPUTS:
                described = connection.execute(f"describe select * from '{folder / f'{table}.parquet'}'").fetchall()
                kinds = {"DOUBLE": "double precision"}
                columns = ", ".join(f"{name} {kinds.get(kind, kind)}" for name, kind, *_ in described)
                connection.execute(f"copy (from '{folder / f'{table}.parquet'}') to '{data / f'{table}.csv'}' (header false)")
                copy = f"\\copy {table} from '{data / f'{table}.csv'}' (format csv)"
                subprocess.run([*client, "-c", f"create unlogged table {table} ({columns})", "-c", copy], check=True)
                (data / f"{table}.csv").unlink()
        subprocess.run([*client, "-c", POSTGRES_INDEXES], check=True)
        started = time.monotonic()
        subprocess.run([*client, "-f", str(Path(__file__).parent / "rivals_postgres.sql")], check=True)
        seconds = time.monotonic() - started
        with duckdb.connect() as connection:
            for table, names in (("ledger", LEDGER), ("verdicts", VERDICTS)):
                path = data / f"{table}.csv"
                subprocess.run([*client, "-c", f"\\copy {table} to '{path}' (format csv)"], check=True)
                types = ", ".join(f"'{name}': 'varchar'" for name in names)
                connection.execute(f"create table {table} as from read_csv('{path}', header = false, columns = {{{types}}})")
            write(connection, folder, "postgres")
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(data, ignore_errors=True)
    return seconds


POSTGRES_INDEXES = """
create index on recipients (email_key);
create index on recipients (campaign_id, address_identity);
create index on recipients (campaign_id, email_key);
create index on recipients (campaign_id, recipient_id);
create index on recipients (code_key);
create index on address_matches (address_reading);
create index on orders (order_id);
create index on orders (email_key);
create index on orders (address_reading);
analyze;
"""


def with_polars(folder: Path) -> float:
    """Data frames of polars, eager."""
    import polars as pl

    tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in INPUTS}
    started = time.monotonic()
    orders, recipients, campaigns = tables["orders"], tables["recipients"], tables["campaigns"]
    subscriptions, exclusions = tables["subscriptions"], tables["exclusions"]
    col, lit, when = pl.col, pl.lit, pl.when
    matchable = orders.filter(col("excluded_as").is_null())
    mailed = recipients.filter(~col("is_holdout") & col("sent_at").is_not_null())
    held_out = recipients.filter(col("is_holdout"))
    candidate = ["order_id", "match_method", "matched_on", "campaign_id", "recipient_id", "match_tier", "match_reason"]
    candidate += ["veto_reason", "competing_recipients", "is_holdout", "window_start_at"]
    nothing = {"match_tier": pl.Int32, "veto_reason": pl.String, "competing_recipients": pl.Int64, "recipient_id": pl.String}

    def candidates(frame: pl.DataFrame, **texts: str | bool) -> pl.DataFrame:
        frame = frame.with_columns(**{name: lit(value) for name, value in texts.items()})
        frame = frame.with_columns(
            **{name: lit(None, dtype=kind) for name, kind in nothing.items() if name not in frame.columns}
        )
        return frame.select(candidate)

    def started_before(pairs: pl.DataFrame, start: str) -> pl.DataFrame:
        return pairs.filter(col("ordered_at") >= col(start)).with_columns(window_start_at=col(start))

    by_email = started_before(
        matchable.select("order_id", "ordered_at", "email_key").join(
            mailed.select("email_key", "campaign_id", "recipient_id", "sent_at"), on="email_key"
        ),
        "sent_at",
    )
    held_by_email = started_before(
        matchable.select("order_id", "ordered_at", "email_key").join(
            held_out.select("email_key", "campaign_id", "recipient_id", "created_at"), on="email_key"
        ),
        "created_at",
    )
    identity = ["campaign_id", "address_identity"]
    at_address = (
        matchable.select("order_id", "ordered_at", "customer_id", "email_key", "address_reading", "is_gift")
        .join(tables["address_matches"], on="address_reading")
        .with_columns(match_reason=col("match_reason") + when("is_gift").then(lit(", gift order")).otherwise(lit("")))
    )
    crowds = recipients.filter(col("address_identity").is_not_null()).group_by(identity).agg(neighbours=pl.len().cast(pl.Int64))
    mailed_at = started_before(
        at_address.join(mailed.select(*identity, "recipient_id", "sent_at"), on=identity), "sent_at"
    ).join(crowds, on=identity)
    is_crowded = col("neighbours") > ADDRESS_LIMIT
    mailed_at = mailed_at.with_columns(
        is_crowded=is_crowded,
        competing_recipients=when("is_ambiguous").then("competing_recipients").otherwise("neighbours"),
        is_nameless=col("is_ambiguous") | is_crowded,
    )
    one_row = (
        mailed_at.filter("is_nameless")
        .sort("window_start_at", "is_crowded", "address_identity", descending=[True, True, False])
        .unique(["order_id", "campaign_id"], keep="first", maintain_order=True)
        .with_columns(
            recipient_id=lit(None, dtype=pl.String),
            veto_reason=when("is_crowded").then(lit("ambiguous_key")).otherwise(lit("ambiguous_address")),
        )
    )
    named = mailed_at.filter(~col("is_nameless")).with_columns(
        competing_recipients=lit(None, dtype=pl.Int64), veto_reason=lit(None, dtype=pl.String)
    )
    mailed_at = pl.concat([named, one_row]).with_row_index("row")
    subscribed = pl.concat(
        mailed_at.select("row", key, "window_start_at").join(subscriptions.select(key, "started_at", "ended_at"), on=key).drop(key)
        for key in ("customer_id", "email_key")
    ).filter(
        (col("window_start_at") >= col("started_at"))
        & (col("ended_at").is_null() | (col("window_start_at") < col("ended_at")))
    )
    mailed_at = mailed_at.with_columns(
        veto_reason=when(col("row").is_in(subscribed["row"].implode())).then(lit("active_subscription")).otherwise("veto_reason")
    )
    held_at = started_before(
        at_address.join(held_out.select(*identity, "recipient_id", "created_at"), on=identity), "created_at"
    ).join(held_by_email, on=["order_id", "campaign_id", "recipient_id"], how="anti")
    ambiguous = (
        held_at.filter("is_ambiguous")
        .sort("window_start_at", "competing_recipients", "match_tier", "match_reason", descending=[True, True, False, False])
        .unique(["order_id", "campaign_id"], keep="first", maintain_order=True)
        .with_columns(recipient_id=lit(None, dtype=pl.String), veto_reason=lit("ambiguous_address"))
    )
    held_named = held_at.filter(~col("is_ambiguous")).with_columns(
        competing_recipients=lit(None, dtype=pl.Int64), veto_reason=lit(None, dtype=pl.String)
    )
    held = pl.concat(
        [
            candidates(held_by_email, match_method="holdout", matched_on="email", match_reason="same e-mail", is_holdout=True),
            candidates(
                pl.concat([held_named, ambiguous]), match_method="holdout", matched_on="shipping_address", is_holdout=True
            ),
        ]
    )
    unclean = pl.concat(
        held_out.select("campaign_id", "recipient_id", key)
        .join(mailed.select("campaign_id", key), on=["campaign_id", key], how="semi")
        .drop(key)
        for key in ("email_key", "address_identity")
    ).unique()
    held = held.join(unclean.with_columns(is_unclean=True), on=["campaign_id", "recipient_id"], how="left")
    held = held.with_columns(veto_reason=when("is_unclean").then(lit("also_mailed")).otherwise("veto_reason")).select(candidate)

    redeemed = (
        matchable.filter(col("discount_codes").fill_null("") != "")
        .select("order_id", "ordered_at", code_key=col("discount_codes").str.split("|"))
        .explode("code_key")
        .with_columns(col("code_key").str.strip_chars().str.to_uppercase())
        .filter(col("code_key") != "")
        .unique(["order_id", "code_key"])
    )
    carried = recipients.join(redeemed, on="code_key", how="semi").with_columns(
        carriers=pl.len().over("campaign_id", "code_key"), start=pl.coalesce("sent_at", "created_at")
    )
    own = started_before(
        redeemed.join(
            carried.filter((col("carriers") == 1) & ~col("is_holdout")).select("code_key", "campaign_id", "recipient_id", "start"),
            on="code_key",
        ),
        "start",
    ).with_columns(matched_on=lit("recipient_code"))
    listed = campaigns.select("campaign_id", code_key=col("discount_codes").str.split("|")).explode("code_key")
    listed = listed.with_columns(col("code_key").str.strip_chars().str.to_uppercase())
    shared = pl.concat([listed, carried.filter(col("carriers") > 1).select("campaign_id", "code_key")]).unique()
    shared = started_before(
        redeemed.join(shared.join(campaigns.select("campaign_id", "launched_at"), on="campaign_id"), on="code_key"), "launched_at"
    ).join(own, on=["order_id", "campaign_id"], how="anti")
    shared = shared.with_columns(matched_on=lit("campaign_code"), recipient_id=lit(None, dtype=pl.String))
    columns = ["order_id", "campaign_id", "recipient_id", "code_key", "matched_on", "window_start_at"]
    by_code = (
        pl.concat([own.select(columns), shared.select(columns)])
        .sort("code_key")
        .unique(["order_id", "campaign_id", "recipient_id"], keep="first", maintain_order=True)
        .with_columns(match_reason=lit("code ") + col("code_key"))
    )
    ledger = (
        pl.concat(
            [
                candidates(by_email, match_method="email", matched_on="email", match_reason="same e-mail", is_holdout=False),
                candidates(mailed_at, match_method="address", matched_on="shipping_address", is_holdout=False),
                candidates(by_code, match_method="discount_code", is_holdout=False),
                held,
            ]
        )
        .join(campaigns.select("campaign_id", "min_age_days", "window_days"), on="campaign_id")
        .join(orders.select("order_id", "ordered_at"), on="order_id")
        .with_columns(
            since=col("ordered_at") - col("window_start_at"),
            priority=col("match_method").replace_strict(PRIORITIES, return_dtype=pl.Int8),
            is_vetoed=col("veto_reason").is_not_null(),
        )
        .with_columns(
            timing_status=when(col("since") < pl.duration(days="min_age_days"))
            .then(lit("before_window"))
            .when(col("since") >= pl.duration(days="window_days"))
            .then(lit("after_window"))
            .otherwise(lit("in_window"))
        )
        .sort(
            ["order_id", "is_vetoed", "priority", "window_start_at", "campaign_id", "recipient_id"],
            descending=[False, False, False, True, False, False],
            nulls_last=True,
        )
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

    def excluded(rows: pl.DataFrame) -> pl.DataFrame:
        keys = {"email_key": "written_email_key", "email_domain": "email_domain", "address_key": "address_key"}
        return pl.concat(
            rows.join(exclusions.select(key).drop_nulls(), left_on=column, right_on=key, how="semi")
            for key, column in keys.items()
        ).unique()

    everywhere = exclusions.filter(col("campaign_id").is_null()).select("recipient_id").drop_nulls()
    somewhere = exclusions.select("campaign_id", "recipient_id").drop_nulls()
    bad_recipients = pl.concat(
        [
            excluded(recipients).select("campaign_id", "recipient_id"),
            recipients.join(everywhere, on="recipient_id", how="semi").select("campaign_id", "recipient_id"),
            somewhere,
        ]
    ).unique()
    winners = ledger.filter(col("match_rank") == 1).select(
        "order_id", "match_method", "campaign_id", "recipient_id", "is_holdout", "timing_status"
    )
    verdicts = (
        orders.join(winners, on="order_id", how="left")
        .join(campaigns.select("campaign_id", "minimum_order_amount"), on="campaign_id", how="left")
        .join(excluded(orders).select("order_id", is_bad=lit(True)), on="order_id", how="left")
        .join(bad_recipients.with_columns(has_bad_recipient=lit(True)), on=["campaign_id", "recipient_id"], how="left")
        .with_columns(
            reason=when(col("excluded_as").is_not_null())
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
        .with_columns(
            attribution_status=when(col("excluded_as").is_not_null())
            .then(lit("excluded"))
            .when(col("match_method").is_null())
            .then(lit("unmatched"))
            .when(col("reason").is_not_null())
            .then(lit("rejected"))
            .when("is_holdout")
            .then(lit("holdout"))
            .otherwise(lit("attributed"))
        )
        .select(VERDICTS)
    )
    ledger.write_parquet(folder / "ledger_of_polars.parquet")
    verdicts.write_parquet(folder / "verdicts_of_polars.parquet")
    seconds = time.monotonic() - started
    with duckdb.connect() as connection:
        for table in ("ledger", "verdicts"):
            connection.execute(f"create view {table} as from '{folder / f'{table}_of_polars.parquet'}'")
        write(connection, folder, "polars")
    return seconds


RIVALS: dict[str, Callable[[Path], float]] = {
    "sqlite": loop,
    "pandas": with_pandas,
    "polars": with_polars,
    "postgres": postgres,
}


def main(name: str, folder: str) -> None:
    """Runs a rival and prints its seconds."""
    print(f"{RIVALS[name](Path(folder)):.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
