"""Orders and recipients that all share one key: what the build of all models takes, in memory and time.

    python benchmarks/crowd.py [--people 4000]

As many orders as recipients, each of another second and half of the recipients held out, share one e-mail, one address,
one code, and all of them. The builds run without a memory limit of their own; look at the peak, which must not grow
with the square of the people.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from credit import DBT, ROOT, measured

from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.sources.files.source import load_inbox

DRAWN_AT = datetime(2026, 3, 1)
HOME = {"address1": "1 Oakwood Street", "city": "Portland", "region": "OR", "postal_code": "97201", "country": "US"}
# the columns of recipients and orders by which all are one; the others have their own
CROWDS = {
    "one e-mail": ({"email": "crowd@people.example"}, {"email": "crowd@people.example"}),
    "one address": (HOME, {f"ship_{part}": value for part, value in HOME.items()}),
    "one code": ({"discount_code": "CROWD"}, {"discount_codes": "CROWD"}),
}
Row = dict[str, object]


def write(place: Workspace, people: int, names: Iterable[str]) -> None:
    """Writes configuration and inbox of an organization whose people share those keys."""
    place.config.mkdir(exist_ok=True)
    for name in ("organizations", "match_methods", "blackout_periods"):
        shutil.copy(ROOT / "seeds" / "config" / f"{name}.csv", place.config)
    with (place.config / "organizations.csv").open("a", encoding="utf-8") as file:
        file.write("crowd,Crowd,live,true,files,,crowd.example,US,USD,America/New_York,,,\n")
    of_recipients: Row = {}
    of_orders: Row = {}
    for name in names:
        of_recipients, of_orders = of_recipients | CROWDS[name][0], of_orders | CROWDS[name][1]
    campaign = {"campaign_id": "c", "name": "Card", "launched_at": DRAWN_AT.isoformat(), "holdout_share": "0.5"}
    _write(place, "campaigns", [campaign])
    _write(place, "recipients", (_recipient(number) | of_recipients for number in range(people)))
    _write(place, "orders", (_order(number) | of_orders for number in range(people)))


def _recipient(number: int) -> Row:
    is_holdout = number % 2 == 0
    sent_at = "" if is_holdout else (DRAWN_AT + timedelta(days=2, seconds=number)).isoformat()
    drawn_at = (DRAWN_AT + timedelta(seconds=number)).isoformat()
    named = {"campaign_id": "c", "recipient_id": f"r{number}", "email": f"r{number}@people.example"}
    return named | {"is_holdout": str(is_holdout).lower(), "created_at": drawn_at, "sent_at": sent_at}


def _order(number: int) -> Row:
    ordered_at = (DRAWN_AT + timedelta(days=20, seconds=number)).isoformat()
    named = {"order_id": f"o{number}", "email": f"o{number}@people.example", "ordered_at": ordered_at}
    return named | {"currency": "USD", "total_amount": "50", "tax_amount": "0", "shipping_amount": "0"}


def _write(place: Workspace, folder: str, rows: Iterable[Row]) -> None:
    table = [{"organization_id": "crowd"} | row for row in rows]
    (place.inbox / folder).mkdir(parents=True)
    with (place.inbox / folder / f"{folder}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def build(place: Workspace) -> tuple[float, float]:
    """Seconds and peak resident MiB of a build of all models."""
    environment = os.environ | place.environment() | {"DBT_TARGET_PATH": str(place.home / "target")}
    environment |= {"DBT_LOG_PATH": str(place.home / "logs"), "MATCHBACK_CONFIG": str(place.config)}
    command = [sys.executable, "-c", DBT, "--no-write-json", "build", "--exclude-resource-type", "unit_test"]
    seconds, peak_mib, _ = measured([*command, "--project-dir", str(ROOT), "--profiles-dir", str(ROOT)], environment)
    return seconds, peak_mib


def main() -> None:
    """Builds a world for each key, and one for all together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=4_000)
    people = parser.parse_args().people
    for names in (*([name] for name in CROWDS), list(CROWDS)):
        with tempfile.TemporaryDirectory() as home:
            place = Workspace.at(Path(home)).create()
            write(place, people, names)
            load_inbox(place, read_organizations(place.config), lambda _name, _rows: None)
            seconds, peak_mib = build(place)
            with opened(place) as connection:
                [(candidates,)] = connection.execute("select count(*) from marts.fct_match_candidates").fetchall()
        shared = ", ".join(names)
        print(
            f"{people:,} orders and recipients, {shared}: {candidates:,} candidates, {seconds:.0f} s, "
            f"peak {peak_mib:,.0f} MiB",
            flush=True,
        )


if __name__ == "__main__":
    main()
