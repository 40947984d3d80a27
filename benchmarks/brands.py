"""Brands that are broken in ten ways beside brands that are not: what they cost the others, and whether each is named.

    python benchmarks/brands.py [--brands 300]      # all ways at once: the ratio of times (at most 1.1), codes, names
    python benchmarks/brands.py --each --brands 8   # each way alone: which of them stops others, or is not named

Four good brands are served by the stand-ins, the others are files. A broken brand is named once where one line of what
`matchback run` writes to its error output has its id. Loopback only.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb

from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.sandbox import klaviyo, server
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import ORGANIZATIONS, OrganizationWorld, build_world

SCALE = 0.02
ORDERS = 30
RUN = "from dlt_pipelines.cli import main; main()"
ORDER_HEADER = "organization_id,order_id,ordered_at,currency,total_amount,email"
CAMPAIGN = "{name},c1,Spring,2026-05-01,{audience},{list}"
CAMPAIGN_HEADER = "organization_id,campaign_id,name,launched_at,audience_provider,audience_id"
# nothing listens there
CLOSED = "http://127.0.0.1:9"
CLOSED_KEY = "nobody"


@dataclass(frozen=True)
class Way:
    """A way in which a brand is broken.

    Attributes:
        brand: Its id.
        columns: Of its row of `organizations.csv`, where they are not those of a good brand.
        settings: Of its provider, by name; `{odd}` is a server that answers oddly, `{sandbox}` the stand-ins.
        total_amount: Of its last order.
        audience: The audience of its campaign, at Klaviyo.
    """

    brand: str
    columns: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    total_amount: str = "20.00"
    audience: str = ""


OMETRIA = {"api_key": CLOSED_KEY, "initial_date": "2026-05-01", "requests_per_second": "0"}
KLAVIYO = {"api_key": CLOSED_KEY, "initial_date": "2026-05-01"}
WAYS = (
    Way("lacks_its_key", {"provider": "klaviyo"}, {"initial_date": "2026-05-01"}),
    Way("of_no_provider", {"provider": "abacus"}),
    Way("out_of_reach", {"provider": "klaviyo"}, {**KLAVIYO, "base_url": CLOSED}),
    Way("answers_a_page", {"provider": "ometria"}, {**OMETRIA, "base_url": "{odd}/page"}),
    Way("tells_odd_values", {"provider": "ometria"}, {**OMETRIA, "base_url": "{odd}/values"}),
    Way("has_a_bad_file", total_amount="1o.00"),
    Way("on_mars", {"timezone": "Mars/Olympus_Mons"}),
    Way("pays_in_shells", {"currency": "XQX"}),
    Way(
        "lost_its_audience",
        settings={
            **KLAVIYO,
            "base_url": "{sandbox}/klaviyo",
            "api_key": klaviyo.api_key(ORGANIZATIONS[0].organization_id),
        },
        audience="GONE",
    ),
    Way("../odd [id]"),
)


class OddAnswers(BaseHTTPRequestHandler):
    """A page below `/page`, and orders whose every value is of another kind below `/values`."""

    def do_GET(self) -> None:
        """Answers with status 200."""
        body = b"<html><body>Down for maintenance</body></html>"
        if self.path.startswith("/values"):
            body = b'[{"id": {"a": 1}, "timestamp": true, "currency": [], "grand_total": "9e999", "customer": 7}]'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        seconds: It took.
        code: It ended with.
        named: Lines of its error output that name a brand, by brand.
        built: Good brands that have verdicts.
        last_words: The end of its error output.
    """

    seconds: float
    code: int
    named: dict[str, int]
    built: int
    last_words: str


@contextmanager
def odd_answers() -> Iterator[str]:
    """Serves the odd answers; yields the address."""
    with ThreadingHTTPServer((server.HOST, 0), OddAnswers) as odd:
        threading.Thread(target=odd.serve_forever, daemon=True).start()
        yield f"http://{server.HOST}:{odd.server_port}"
        odd.shutdown()


def run(brands: int, ways: Sequence[Way], world: list[OrganizationWorld], urls: dict[str, str]) -> Outcome:
    """Runs matchback once over a new workspace of `brands` good brands and those broken in some ways."""
    with tempfile.TemporaryDirectory() as home:
        place = Workspace.at(Path(home)).create()
        write_configuration(place.config, world)
        write_inbox(place.inbox, world)
        good = [Way(f"good_{number:03d}") for number in range(brands - len(world))]
        for way in (*good, *ways):
            _write_brand(place, way)
        settings = server.settings(world, urls["sandbox"])
        for way in ways:
            source = "klaviyo" if way.audience else way.columns.get("provider", "files")
            prefix = f"SOURCES__{source.upper()}__{way.brand.upper()}"
            settings |= {f"{prefix}__{name.upper()}": value.format(**urls) for name, value in way.settings.items()}
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", RUN, "run"],
            cwd=PROJECT_ROOT,
            env=os.environ | place.environment() | settings,
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - started
        lines = done.stderr.splitlines()
        named = {way.brand: sum(way.brand in line for line in lines) for way in ways}
        return Outcome(seconds, done.returncode, named, _built(place), "\n".join(lines[-3:]))


def _write_brand(place: Workspace, way: Way) -> None:
    row = {"provider": "files", "currency": "USD", "timezone": "UTC"} | way.columns
    with (place.config / "organizations.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(
            [
                way.brand,
                way.brand,
                "live",
                "true",
                row["provider"],
                "",
                "",
                "US",
                row["currency"],
                row["timezone"],
                "",
                "",
                "",
            ]
        )
    file_name = f"{''.join(letter if letter.isalnum() else '_' for letter in way.brand)}.csv"
    if row["provider"] == "files":
        amounts = ["20.00"] * (ORDERS - 1) + [way.total_amount]
        orders = [
            f"{way.brand},o{number},2026-05-{number % 28 + 1:02d},USD,{amount},p{number}@mail.example"
            for number, amount in enumerate(amounts)
        ]
        (place.inbox / "orders" / file_name).write_text("\n".join([ORDER_HEADER, *orders, ""]), encoding="utf-8")
    if way.audience:
        campaign = CAMPAIGN.format(name=way.brand, audience="klaviyo", list=way.audience)
        path = place.inbox / "campaigns" / file_name
        path.write_text(f"{CAMPAIGN_HEADER}\n{campaign}\n", encoding="utf-8")


def _built(place: Workspace) -> int:
    """How many of the good brands of files have verdicts; 0 where nothing was built."""
    if not place.database.exists():
        return 0
    with duckdb.connect(str(place.database), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        if ("fct_order_attributions",) not in tables:
            return 0
        [(found,)] = connection.execute(
            """
            select count(distinct organization_id)
            from marts.fct_order_attributions
            where starts_with(organization_id, 'good')
            """
        ).fetchall()
    return int(found)


def tell(name: str, outcome: Outcome, ratio: float | None, good: int) -> None:
    """Prints what a run came to, and what is amiss with it."""
    compared = "" if ratio is None else f", {ratio:.2f} times as long as without them"
    print(
        f"{name}: {outcome.seconds:.1f} s{compared}; exit code {outcome.code}; {outcome.built} of {good} good brands "
        "built"
    )
    for brand, lines in outcome.named.items():
        if lines != 1:
            print(f"    {brand} is named {lines} times")
    if outcome.built < good:
        print(f"    stopped: {outcome.last_words}")
    sys.stdout.flush()


def main() -> None:
    """Runs with and without the broken brands, in turn, and prints the ratio of the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brands", type=int, default=300)
    parser.add_argument("--each", action="store_true", help="each way alone")
    parser.add_argument("--leave-out", nargs="+", default=(), metavar="BRAND", help="ways that stop all others")
    parser.add_argument("--rounds", type=int, default=1, help="the shortest of so many counts")
    arguments = parser.parse_args()
    plans = [replace(plan, publish_to=()) for plan in ORGANIZATIONS if plan.provider != "files"]
    world = build_world(7, SCALE, plans)
    taken = tuple(way for way in WAYS if way.brand not in arguments.leave_out)
    rounds = [(way.brand, (way,)) for way in taken] if arguments.each else [(f"{len(taken)} ways", taken)]
    good = arguments.brands - len(WAYS) - len(world)
    with server.running(world) as sandbox, odd_answers() as odd:
        urls = {"sandbox": sandbox, "odd": odd}
        without = [run(good + len(world), (), world, urls) for _ in range(arguments.rounds)]
        best = min(without, key=lambda one: one.seconds)
        tell("without", best, None, good)
        for name, ways in rounds:
            found = [run(good + len(world), ways, world, urls) for _ in range(arguments.rounds)]
            shortest = min(found, key=lambda one: one.seconds)
            tell(name, shortest, shortest.seconds / best.seconds, good)


if __name__ == "__main__":
    main()
