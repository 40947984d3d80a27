"""One order after the other over indexed SQLite, the rules in Python: how such syncs are usually written."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
from common import ADDRESS_LIMIT, INPUTS, LEDGER, PRIORITIES, VERDICTS, hand_over


class Candidate(NamedTuple):
    """A candidate, its columns in the ledger's order."""

    order_id: str
    match_method: str
    matched_on: str
    campaign_id: str
    recipient_id: str | None
    is_holdout: bool
    window_start_at: str
    veto_reason: str | None = None
    competing_recipients: int | None = None
    match_tier: int | None = None
    match_reason: str = "same e-mail"


class Loop:
    """The store and the rules."""

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
            """
            select campaign_id, min_age_days, window_days, minimum_order_amount, launched_at, discount_codes
            from campaigns
            """
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
            self.store.execute(
                f"insert into verdicts values ({', '.join('?' * len(VERDICTS))})", self.judge(order, winner)
            )
        self.store.commit()

    def candidates(self, order: Any) -> Iterator[Candidate]:
        """The candidates of an order."""
        order_id, customer_id, email, _, _, _, reading, codes, is_gift, *_, ordered_at = order
        held_by_email = set()
        if email:
            found = self.rows(
                """
                select campaign_id, recipient_id, is_holdout, created_at, sent_at from recipients where email_key = ?
                """,
                email,
            )
            for campaign_id, recipient_id, is_holdout, created_at, sent_at in found:
                if is_holdout and created_at <= ordered_at:
                    held_by_email.add((campaign_id, recipient_id))
                    veto = self.also_mailed(campaign_id, recipient_id)
                    yield Candidate(order_id, "holdout", "email", campaign_id, recipient_id, True, created_at, veto)
                elif not is_holdout and sent_at and sent_at <= ordered_at:
                    yield Candidate(order_id, "email", "email", campaign_id, recipient_id, False, sent_at)
        if reading:
            customer = customer_id, email
            yield from self.by_address(order_id, customer, reading, is_gift, ordered_at, held_by_email)
        for code in sorted({part.strip().upper() for part in (codes or "").split("|")} - {""}):
            yield from self.by_code(order_id, code, ordered_at)

    def by_address(
        self, order_id: str, customer: tuple[str, str], reading: str, is_gift: bool, ordered_at: str, known: set[Any]
    ) -> Iterator[Candidate]:
        """Those at a matching address; whoever cannot be told apart is one."""
        nameless: dict[tuple[str, bool], list[tuple[Any, ...]]] = {}
        matches = self.rows(
            """
            select campaign_id, address_identity, match_tier, match_reason, is_ambiguous, competing_recipients
            from address_matches
            where address_reading = ?
            """,
            reading,
        )
        for campaign_id, identity, tier, reason, is_ambiguous, competing in matches:
            here = self.rows(
                """
                select recipient_id, is_holdout, created_at, sent_at from recipients
                where campaign_id = ? and address_identity = ?
                """,
                campaign_id,
                identity,
            )
            told = tier, reason + (", gift order" if is_gift else "")
            for recipient_id, is_holdout, created_at, sent_at in here:
                start = created_at if is_holdout else sent_at
                is_known = is_holdout and not is_ambiguous and (campaign_id, recipient_id) in known
                if not start or start > ordered_at or is_known:
                    continue
                is_crowded = len(here) > ADDRESS_LIMIT and not is_holdout
                if is_ambiguous or is_crowded:
                    competitors = competing if is_ambiguous else len(here)
                    found = start, is_crowded, identity, competitors, *told
                    nameless.setdefault((campaign_id, bool(is_holdout)), []).append(found)
                    continue
                if is_holdout:
                    method, veto = "holdout", self.also_mailed(campaign_id, recipient_id)
                else:
                    method, veto = "address", self.subscription_veto(customer, start)
                who = campaign_id, recipient_id, bool(is_holdout)
                yield Candidate(order_id, method, "shipping_address", *who, start, veto, None, *told)
        for (campaign_id, is_holdout), found_here in nameless.items():
            # the latest; of several a crowded one, then the first address; of holdouts the one with most competitors
            latest = max(row[0] for row in found_here)
            start, is_crowded, _, competitors, *told_of_one = min(
                (row for row in found_here if row[0] == latest),
                key=lambda row: (-row[3], row[4], row[5]) if is_holdout else (not row[1], row[2]),
            )
            veto = None if is_holdout else self.subscription_veto(customer, start)
            veto = veto or ("ambiguous_key" if is_crowded else "ambiguous_address")
            who = campaign_id, None, is_holdout
            method = "holdout" if is_holdout else "address"
            yield Candidate(order_id, method, "shipping_address", *who, start, veto, competitors, *told_of_one)

    def by_code(self, order_id: str, code: str, ordered_at: str) -> Iterator[Candidate]:
        """Whose own code it is, else the campaigns whose code it is."""
        carriers: dict[str, list[Any]] = {}
        for row in self.rows(
            "select campaign_id, recipient_id, is_holdout, created_at, sent_at from recipients where code_key = ?", code
        ):
            carriers.setdefault(row[0], []).append(row)
        told = None, None, None, f"code {code}"
        owned = set()
        for campaign_id, rows in carriers.items():
            _, recipient_id, is_holdout, created_at, sent_at = rows[0]
            start = sent_at or created_at
            if len(rows) == 1 and not is_holdout and start <= ordered_at:
                owned.add(campaign_id)
                who = campaign_id, recipient_id, False
                yield Candidate(order_id, "discount_code", "recipient_code", *who, start, *told)
        shared = {campaign_id for campaign_id, rows in carriers.items() if len(rows) > 1} | set(
            self.codes.get(code, [])
        )
        for campaign_id in shared - owned:
            launched_at = self.campaigns[campaign_id][3]
            if launched_at <= ordered_at:
                yield Candidate(
                    order_id, "discount_code", "campaign_code", campaign_id, None, False, launched_at, *told
                )

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

    def subscription_veto(self, customer: tuple[str, str], sent_at: str) -> str | None:
        """A veto where the customer had a subscription when the mail went out."""
        for column, value in zip(("customer_id", "email_key"), customer, strict=True):
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
                return "active_subscription"
        return None

    def rank(self, candidates: list[Candidate], ordered_at: str) -> list[tuple[Any, ...]]:
        """The ledger's rows of an order."""
        # two codes of one campaign are one candidate
        firsts: dict[object, Candidate] = {}
        for place, one in enumerate(candidates):
            by_code = one.match_method == "discount_code"
            firsts.setdefault((one.campaign_id, one.recipient_id) if by_code else place, one)
        candidates = sorted(
            firsts.values(), key=lambda one: (one.campaign_id, one.recipient_id is None, one.recipient_id)
        )
        candidates.sort(key=lambda one: one.window_start_at, reverse=True)
        candidates.sort(key=lambda one: (one.veto_reason is not None, PRIORITIES[one.match_method]))
        return [self.explain(one, place, candidates[0], ordered_at) for place, one in enumerate(candidates, 1)]

    def explain(self, one: Candidate, place: int, best: Candidate, ordered_at: str) -> tuple[Any, ...]:
        """A row of the ledger: the candidate's place in its window, its rank and why it lost."""
        min_age, window, *_ = self.campaigns[one.campaign_id]
        since = datetime.fromisoformat(ordered_at) - datetime.fromisoformat(one.window_start_at)
        timing = "in_window"
        if since < timedelta(min_age):
            timing = "before_window"
        elif since >= timedelta(window):
            timing = "after_window"
        if one.veto_reason:
            rank, lost = None, one.veto_reason
        elif place == 1:
            rank, lost = 1, None
        elif PRIORITIES[one.match_method] > PRIORITIES[best.match_method]:
            rank, lost = place, "lower_priority"
        elif one.window_start_at < best.window_start_at:
            rank, lost = place, "earlier_mailing"
        else:
            rank, lost = place, "tie_break"
        return (*one[:7], timing, *one[7:], rank, lost)

    def judge(self, order: Any, winner: tuple[Any, ...] | None) -> tuple[Any, ...]:
        """The verdict on an order."""
        order_id, _, _, written, domain, address, *_, excluded_as, is_cancelled, amount, _ = order
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
            """
            select written_email_key, email_domain, address_key from recipients
            where campaign_id = ? and recipient_id = ?
            """,
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


def run(folder: Path) -> float:
    """Decides every order and returns the seconds that took."""
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
                frame = _arrow(
                    {name: [None if v is None else str(v) for v in column] for name, column in columns.items()}
                )
                connection.execute(f"insert into {table} select * from frame")
                del frame
        hand_over(connection, folder, "sqlite")
    return seconds


def _arrow(columns: dict[str, list[str | None]]) -> Any:
    return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})
