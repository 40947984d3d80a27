"""Full refreshes and ticks of the credit path over worlds of any size, beside the ways one would do without it.

    python benchmarks/credit.py refresh [--orders 1000000] [--recipients 2000000]
    python benchmarks/credit.py tick    [--orders 1000000] [--recipients 2000000] [--changed 1000]
    python benchmarks/credit.py scale   [--from 100000] [--to 10000000]
    python benchmarks/credit.py others  [--orders 1000000] [--recipients 2000000] [--only polars pandas postgres sqlite]

The world (benchmarks/credit/*.sql) is generated inside DuckDB as loads would have landed it: raw JSON rows. `refresh`
times a full refresh of the credit path, raw rows to ledger, verdicts and log, and then one hand-written DuckDB script
that does the same work over the same rows (credit/by_hand.sql); it stops where ledger or verdicts differ in any row.
`tick` does that too, lands changed orders on top and times the builds that take them in, model by model, as a share of
the full refresh; then the copy of the marts, which has a cadence of its own. `scale` prints how a full refresh grows.
`others` does the work from stored keys to verdicts with a loop over SQLite, pandas, polars and PostgreSQL
(credit/rivals). Two threads; figures are wall-clock seconds and peak resident memory: look at the ratios.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dlt_pipelines.build import CREDIT  # noqa: E402 - found only where the project is on the path

SQL = ROOT / "benchmarks" / "credit"
DBT = "from dbt.cli.main import cli; cli()"
ROUND_ROWS = 1_000_000
SALT = 9
MEMORY_LIMIT = "7GB"
# the slowest last
RIVALS = ["polars", "pandas", "postgres", "sqlite"]
# the models from stored keys to verdicts
MATCHING = (
    *("int_email_matches", "int_crowded_keys", "int_crowd_starts", "int_match", "int_order_discount_codes"),
    *("int_campaign_discount_codes", "int_order_excl", "int_recipients__also_mailed", "int_recipient_excluded_parties"),
    *("int_subscriptions", "int_order_verdicts", "fct_match_candidates", "fct_order_attributions"),
)
COMPARED = {"marts.fct_match_candidates": "by_hand.ledger", "marts.fct_order_attributions": "by_hand.verdicts"}


@dataclass(frozen=True)
class Timing:
    """A build: wall-clock seconds in all and of each of its parts, peak resident MiB, and the seconds of each node."""

    seconds: float
    import_seconds: float
    parse_seconds: float
    node_seconds: float
    peak_mib: float
    models: dict[str, float]
    tests: dict[str, float]


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
            "MATCHBACK_MEMORY_LIMIT": MEMORY_LIMIT,
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
        with self.connected() as connection:
            for what, count in (("recipients", self.recipients), ("orders", self.orders)):
                for first in range(0, count, ROUND_ROWS):
                    self._write(connection, what, first, min(first + ROUND_ROWS, count), "2026-11-02", SALT)
            connection.execute(self._sql("others", 0, 0, "2026-11-02", SALT))

    def change_orders(self, count: int, day: int = 3) -> None:
        """Lands another version of `count` orders, spread over the history, and a few that are new."""
        with self.connected() as connection:
            step = max(self.orders // count, 1)
            # another salt: other amounts and statuses
            sql = self._sql("orders", 0, count, f"2026-11-{day:02d}", SALT + day)
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

    def connected(self) -> duckdb.DuckDBPyConnection:
        """A connection with the builds' limits."""
        connection = duckdb.connect(str(self.database))
        connection.execute("set threads = 2")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set preserve_insertion_order = false")
        return connection

    def dbt(self, *arguments: str) -> Timing:
        """Runs dbt in a process of its own.

        Returns:
            How long it took, in all and model by model.
        """
        command = [sys.executable, "-c", DBT, "--log-format", "json", "--log-level-file", "none"]
        # as matchback builds
        command += ["--no-write-json", *arguments]
        command += ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
        started_at = time.time()
        seconds, peak_mib, log = measured(command, self.environment)
        return _timing(started_at, seconds, peak_mib, log)

    def refresh(self, models_at_a_time: int = 2) -> Timing:
        """Makes all models of the credit path anew."""
        threads = "--threads", str(models_at_a_time)
        return self.dbt("run", "--full-refresh", *threads, "--select", *CREDIT.split())

    def test(self) -> Timing:
        """Runs its data tests over all rows."""
        return self.dbt(
            *("test", "--exclude-resource-type", "unit_test", "--select", *CREDIT.split()),
            *("--indirect-selection", "cautious"),
        )

    def tick(self) -> Timing:
        """Takes in what changed, with data tests of what it touches."""
        return self.dbt(
            *("build", "--exclude-resource-type", "unit_test", "--select", *CREDIT.split()),
            *("--indirect-selection", "cautious"),
        )

    def by_hand(self) -> tuple[float, float, str]:
        """Runs the hand-written script over the same rows.

        Returns:
            Seconds, peak resident MiB, and the statements that took longest.
        """
        command = [sys.executable, str(SQL / "by_hand.py"), str(self.database), str(self.home / "target"), MEMORY_LIMIT]
        return measured(command, self.environment)

    def compare(self) -> None:
        """Stops where the script's ledger or verdicts are other rows than the models'."""
        with self.connected() as connection:
            for ours, theirs in COMPARED.items():
                rows = same_rows(connection, ours, theirs)
                if rows is None:
                    sys.exit(f"{ours} and {theirs} differ")
                print(f"{ours} is {theirs}, row for row ({rows:,})", flush=True)


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """Runs a command.

    Returns:
        Seconds, peak resident MiB and what it printed.
    """
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    log = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} failed:\n{log[-3000:]}")
    return time.monotonic() - started, usage.ru_maxrss / 1024, log


def same_rows(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> int | None:
    """Compares all rows of two relations, whatever their order, by the sum and the exclusive or of their hashes.

    Returns:
        How many they are; None where they are not the same.
    """
    columns = ", ".join(name for name, *_ in connection.execute(f"describe select * from {other}").fetchall())
    told = [
        connection.execute(
            f"select count(*), sum(cast(hash({columns}) as hugeint)), bit_xor(hash({columns})) from {relation}"
        ).fetchall()[0]
        for relation in (one, other)
    ]
    return told[0][0] if told[0] == told[1] else None


def _timing(started_at: float, seconds: float, peak_mib: float, log: str) -> Timing:
    times: dict[str, dict[str, float]] = {"model": {}, "test": {}, "seed": {}, "operation": {}}
    told: dict[str, float] = {}
    for line in log.splitlines():
        try:
            event = json.loads(line)
            name, data = event["info"]["name"], event["data"]
        except (ValueError, KeyError, TypeError):
            # not a line of dbt's own log
            continue
        told.setdefault(name, datetime.fromisoformat(event["info"]["ts"]).timestamp())
        if name in ("LogModelResult", "LogTestResult", "LogSeedResult"):
            node = data["node_info"]
            times[node["resource_type"]][node["node_name"]] = data["execution_time"]
    # dbt's first word comes when it is imported, and how much it found when it has parsed
    first, parsed, done = (told[name] for name in ("MainReportVersion", "FoundStats", "FinishedRunningStats"))
    spans = first - started_at, parsed - first, done - parsed
    return Timing(seconds, *spans, peak_mib, times["model"] | times["seed"], times["test"])


def show(title: str, timing: Timing) -> None:
    """Prints a build: dbt's start, its parsing, its nodes, two at a time, and every model, the slowest first."""
    print(f"{title}: {timing.seconds:.1f} s, peak {timing.peak_mib:,.0f} MiB")
    models, tests = sum(timing.models.values()), sum(timing.tests.values())
    parts = {
        "start of Python, import of dbt": timing.import_seconds,
        "dbt parses": timing.parse_seconds,
        "nodes, two at a time": timing.node_seconds,
        f"    {len(timing.models)} models and seeds, added up": models,
        f"    {len(timing.tests)} data tests, added up": tests,
    }
    ranked = sorted(timing.models.items(), key=lambda item: -item[1])
    for name, seconds in (*parts.items(), *((f"        {name}", seconds) for name, seconds in ranked)):
        print(f"    {name:<68} {seconds:7.2f} s")
    sys.stdout.flush()


def refresh(world: World) -> Timing:
    """A full refresh beside the hand-written script."""
    world.generate()
    print(f"{world.orders:,} orders, {world.recipients:,} recipients", flush=True)
    full = world.refresh()
    show("full refresh", full)
    seconds, peak_mib, log = world.by_hand()
    print(f"hand-written script: {seconds:.1f} s, peak {peak_mib:,.0f} MiB\n{log}", end="")
    print(f"full refresh / script: {full.seconds / seconds:.2f}", flush=True)
    world.compare()
    print(f"all data tests: {world.test().seconds:.1f} s", flush=True)
    return full


def tick(world: World, changed: int) -> None:
    """A full refresh, then builds that take in changed orders."""
    full = refresh(world)
    for day in (3, 4):
        world.change_orders(changed, day)
        one = world.tick()
        show(f"tick of {changed:,} changed orders ({one.seconds / full.seconds:.1%} of the full refresh)", one)
    nothing = world.tick()
    show(f"tick of nothing ({nothing.seconds / full.seconds:.1%} of the full refresh)", nothing)
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


def others(world: World, rivals: list[str]) -> None:
    """The models beside other engines, from stored keys to verdicts."""
    refresh(world)
    # each model has both processors then, as each rival has
    alone = world.refresh(models_at_a_time=1)
    ours = sum(seconds for name, seconds in alone.models.items() if name.startswith(MATCHING))
    print(f"models from keys to verdicts, one at a time: {ours:.1f} s", flush=True)
    folder = world.home / "rivals"
    folder.mkdir()
    with world.connected() as connection:
        connection.execute((SQL / "rivals" / "inputs.sql").read_text(encoding="utf-8").format(folder=folder))
    world.database.unlink()
    for name in rivals:
        try:
            _, peak_mib, log = measured([sys.executable, str(SQL / "rivals"), name, str(folder)], world.environment)
        except SystemExit as error:
            print(f"{name}: {str(error).splitlines()[0]}", flush=True)
            continue
        seconds = float(log.split()[-1])
        print(f"{name}: {seconds:.1f} s, peak {peak_mib:,.0f} MiB, {seconds / ours:.1f} x the models", flush=True)
        with duckdb.connect() as connection:
            for one, other in ((f"{name}.parquet", "ledger.parquet"), (f"{name}_verdicts.parquet", "verdicts.parquet")):
                is_same = same_rows(connection, f"'{folder / one}'", f"'{folder / other}'") is not None
                print(f"    {other}: {'the same rows' if is_same else 'OTHER ROWS'}", flush=True)


def scale(first: int, last: int) -> None:
    """Full refreshes of growing worlds, and the exponent of their time."""
    points: list[tuple[int, float]] = []
    orders = first
    while orders <= last:
        with tempfile.TemporaryDirectory() as home:
            world = World(Path(home), orders, 2 * orders)
            world.generate()
            timing = world.refresh()
        points.append((orders, timing.seconds))
        print(f"{orders:>12,} orders: {timing.seconds:7.1f} s, peak {timing.peak_mib:,.0f} MiB", flush=True)
        orders *= 10
    for (small, fast), (large, slow) in itertools.pairwise(points):
        print(f"exponent from {small:,} to {large:,}: {math.log(slow / fast) / math.log(large / small):.2f}")
    (small, fast), (large, slow) = points[0], points[-1]
    print(f"exponent from {small:,} to {large:,}: {math.log(slow / fast) / math.log(large / small):.2f}")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["refresh", "tick", "scale", "others"])
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--recipients", type=int, default=2_000_000)
    parser.add_argument("--changed", type=int, default=1_000)
    parser.add_argument("--from", dest="first", type=int, default=100_000)
    parser.add_argument("--to", dest="last", type=int, default=10_000_000)
    parser.add_argument("--only", nargs="+", choices=RIVALS, default=RIVALS)
    arguments = parser.parse_args()
    if arguments.what == "scale":
        scale(arguments.first, arguments.last)
        return
    with tempfile.TemporaryDirectory() as home:
        world = World(Path(home), arguments.orders, arguments.recipients)
        if arguments.what == "refresh":
            refresh(world)
        elif arguments.what == "tick":
            tick(world, arguments.changed)
        else:
            others(world, arguments.only)


if __name__ == "__main__":
    main()
