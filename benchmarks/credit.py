"""Full refreshes and ticks of the credit path over worlds of any size.

    python benchmarks/credit.py refresh [--orders 1000000] [--recipients 2000000]
    python benchmarks/credit.py tick    [--orders 1000000] [--recipients 2000000] [--changed 1000]
    python benchmarks/credit.py scale   [--from 100000] [--to 10000000]

The world (benchmarks/credit/*.sql) is generated inside DuckDB as loads would have landed it: raw JSON rows. `refresh`
times `dbt build --full-refresh` of the credit path, raw rows to ledger, verdicts and log. `tick` lands changed orders
on top of a built world and times the builds that take them in, model by model, as a share of the full refresh; then the
copy of the marts, which has a cadence of its own. `scale` prints how the time of a full refresh grows. Two threads;
figures are wall-clock seconds and peak resident memory: look at the ratios.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dlt_pipelines.build import CREDIT  # noqa: E402 - found only where the project is on the path

SQL = ROOT / "benchmarks" / "credit"
DBT = "from dbt.cli.main import cli; cli()"
ROUND_ROWS = 1_000_000
SALT, OTHER_SALT = 9, 10


@dataclass(frozen=True)
class Timing:
    """A build: wall-clock seconds, peak resident MiB, and the seconds of each model."""

    seconds: float
    peak_mib: float
    models: dict[str, float]


class World:
    """A generated world in a database of its own."""

    def __init__(self, home: Path, orders: int, recipients: int) -> None:
        """Makes the folders and writes the configuration; nothing is generated yet."""
        self.orders, self.recipients = orders, recipients
        self.home, self.database = home, home / "matchback.duckdb"
        config = home / "config"
        config.mkdir(parents=True, exist_ok=True)
        for name in ("organizations", "match_methods", "blackout_periods"):
            shutil.copy(ROOT / "seeds" / "config" / f"{name}.csv", config)
        with (config / "organizations.csv").open("a", encoding="utf-8") as file:
            file.write("bench,Bench,live,true,files,,bench.example,US,USD,America/New_York,,,\n")
        self.environment = os.environ | {
            "MATCHBACK_HOME": str(home),
            "MATCHBACK_DATABASE": str(self.database),
            "MATCHBACK_CONFIG": str(config),
            "DBT_TARGET_PATH": str(home / "target"),
            "DBT_LOG_PATH": str(home / "logs"),
            "DO_NOT_TRACK": "1",
        }
        campaigns = max(20, recipients // 100_000)
        self.numbers = {
            "campaigns": campaigns,
            "per_campaign": recipients // campaigns,
            "people": recipients // 4 + 1,
            "orders": orders,
            "recipients": recipients,
        }

    def generate(self) -> None:
        """Lands campaigns, recipients, orders, exclusions and subscriptions."""
        self.dbt("seed")
        with self._connected() as connection:
            for what, count in (("recipients", self.recipients), ("orders", self.orders)):
                for first in range(0, count, ROUND_ROWS):
                    self._write(connection, what, first, min(first + ROUND_ROWS, count), "2026-11-02", SALT)
            connection.execute(self._sql("others", 0, 0, "2026-11-02", SALT))

    def change_orders(self, count: int, day: int = 3) -> None:
        """Lands another version of `count` orders, spread over the history, and a few that are new."""
        with self._connected() as connection:
            step = max(self.orders // count, 1)
            connection.execute("create or replace temp table landed as from raw_files.orders limit 0")
            sql = self._sql("orders", 0, count, f"2026-11-{day:02d}", OTHER_SALT)
            sql = sql.replace("from range(0, ", f"from range(0, {step} * ").replace(
                ") as numbers (i)", f", {step}) as numbers (i)"
            )
            connection.execute(sql)

    def _write(
        self, connection: duckdb.DuckDBPyConnection, what: str, first: int, last: int, loaded_at: str, salt: int
    ) -> None:
        connection.execute(self._sql(what, first, last, loaded_at, salt))

    def _sql(self, what: str, first: int, last: int, loaded_at: str, salt: int) -> str:
        values = self.numbers | {"first": first, "last": last, "loaded_at": loaded_at, "salt": salt}
        texts = [(SQL / f"{name}.sql").read_text(encoding="utf-8") for name in ("world", what)]
        return "\n".join(texts).format(**values, file=f"orders/{loaded_at}.csv")

    def _connected(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self.database))
        connection.execute("set threads = 2")
        connection.execute("set memory_limit = '8GB'")
        connection.execute("set preserve_insertion_order = false")
        return connection

    def dbt(self, *arguments: str) -> Timing:
        """Runs dbt in a process of its own.

        Returns:
            How long it took, in all and model by model.
        """
        command = [sys.executable, "-c", DBT, "--log-format", "json", "--log-level-file", "none", *arguments]
        command += ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        seconds = time.monotonic() - started
        if done.returncode:
            sys.exit(f"dbt failed:\n{done.stdout[-3000:]}")
        return Timing(
            seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, _model_seconds(done.stdout)
        )

    def build(self, *arguments: str) -> Timing:
        """Builds the credit path with its data tests."""
        return self.dbt(
            *("build", "--exclude-resource-type", "unit_test", "--select", *CREDIT.split()),
            *("--indirect-selection", "cautious", *arguments),
        )


def _model_seconds(log: str) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for line in log.splitlines():
        try:
            event = json.loads(line)
            data = event["data"]
            if event["info"]["name"] in ("LogModelResult", "LogTestResult", "LogSeedResult", "LogHookEndLine"):
                name = data.get("node_info", {}).get("node_name") or data.get("statement", "hook")
                seconds[name] = seconds.get(name, 0.0) + data["execution_time"]
        except (ValueError, KeyError, TypeError):
            continue
    return seconds


def show(title: str, timing: Timing, least_share: float = 0.02) -> None:
    """Prints a build and the models that took most of it."""
    print(f"{title}: {timing.seconds:.1f} s, peak {timing.peak_mib:,.0f} MiB")
    for name, seconds in sorted(timing.models.items(), key=lambda item: -item[1]):
        if seconds > timing.seconds * least_share:
            print(f"    {name:<60} {seconds:7.1f} s")


def refresh(orders: int, recipients: int) -> None:
    """A full refresh."""
    with tempfile.TemporaryDirectory() as home:
        world = World(Path(home), orders, recipients)
        world.generate()
        print(f"{orders:,} orders, {recipients:,} recipients")
        show("full refresh", world.build("--full-refresh"))


def tick(orders: int, recipients: int, changed: int) -> None:
    """A full refresh, then builds that take in changed orders."""
    with tempfile.TemporaryDirectory() as home:
        world = World(Path(home), orders, recipients)
        world.generate()
        print(f"{orders:,} orders, {recipients:,} recipients")
        full = world.build("--full-refresh")
        show("full refresh", full, 0.05)
        for day in (3, 4):
            world.change_orders(changed, day)
            one = world.build()
            show(f"tick of {changed:,} changed orders ({one.seconds / full.seconds:.1%} of the full refresh)", one)
        show("tick of nothing", world.build(), 1)
        show_copy(world)


def show_copy(world: World) -> None:
    """Times the copy of what marts the credit path makes."""
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", "from dlt_pipelines.cli import main; main()", "snapshot"],
        cwd=ROOT,
        env=world.environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    print(f"copy of the marts: {time.monotonic() - started:.1f} s")


def scale(first: int, last: int) -> None:
    """Full refreshes of growing worlds, and the exponent of their time."""
    points: list[tuple[int, float]] = []
    orders = first
    while orders <= last:
        with tempfile.TemporaryDirectory() as home:
            world = World(Path(home), orders, 2 * orders)
            world.generate()
            timing = world.build("--full-refresh")
        points.append((orders, timing.seconds))
        print(f"{orders:>12,} orders: {timing.seconds:7.1f} s, peak {timing.peak_mib:,.0f} MiB", flush=True)
        orders *= 10
    (small, fast), (large, slow) = points[0], points[-1]
    print(f"exponent from {small:,} to {large:,}: {math.log(slow / fast) / math.log(large / small):.2f}")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["refresh", "tick", "scale"])
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--recipients", type=int, default=2_000_000)
    parser.add_argument("--changed", type=int, default=1_000)
    parser.add_argument("--from", dest="first", type=int, default=100_000)
    parser.add_argument("--to", dest="last", type=int, default=10_000_000)
    arguments = parser.parse_args()
    if arguments.what == "refresh":
        refresh(arguments.orders, arguments.recipients)
    elif arguments.what == "tick":
        tick(arguments.orders, arguments.recipients, arguments.changed)
    else:
        scale(arguments.first, arguments.last)


if __name__ == "__main__":
    main()
