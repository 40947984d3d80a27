"""The marts of lift over a generated world, each beside one hand-written `group by campaign, household`.

    python benchmarks/lift.py [--orders 1000000] [--recipients 2000000]

The world is that of credit.py. What leads to the outcomes, one row per recipient, is built first and timed apart, and
so are they, and the audit's: the orders that each of credit's rules would count otherwise, found in the matches and in
the ledger. Every model behind them is built one at a time, with both processors each; a mart takes the time of all
models between the outcomes and it, those it shares with others too. The hand-written query groups the outcomes by
household over the same columns, in the same database. Look at the ratios and at the peak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from credit import DBT, ROOT, World

FIGURES = (
    *("orders", "valued_orders", "placebo_orders", "prior_orders", "unknown_merchandise_orders"),
    *("revenue_amount", "merchandise_amount", "placebo_revenue_amount", "prior_revenue_amount"),
)
# orders of recipients in the windows, and recipients with what they ordered; the rest stands behind these
OUTCOMES = ("int_lift__timed_orders", "int_lift__window_orders", "int_lift__recipient_orders", "int_lift__outcomes")
BEHIND = tuple(f"{name}+" for name in OUTCOMES)
AUDITED_ORDERS = "int_lift__audit_changes__"


def by_hand(world: World) -> float:
    """Seconds of one group by over the outcomes, by campaign and household, with the arms side by side."""
    sums = ",\n".join(
        f"sum(case when {condition} then {figure} else 0 end) as {arm}_{figure}"
        for arm, condition in (("treated", "not is_holdout"), ("holdout", "is_holdout"))
        for figure in FIGURES
    )
    with world.connected() as connection:
        started = time.monotonic()
        connection.execute(
            f"""
            create table by_hand as
            select
                organization_id, campaign_id, household_key,
                min(segment) as first_segment, max(segment) as last_segment,
                count(case when not is_holdout then 1 end) as treated_recipients,
                count(case when is_holdout then 1 end) as holdout_recipients,
                count(case when not is_holdout and has_ordered then 1 end) as treated_buyers,
                count(case when is_holdout and has_ordered then 1 end) as holdout_buyers,
                {sums},
                min(created_at) as first_created_at, max(created_at) as last_created_at
            from intermediate.int_lift__outcomes
            group by organization_id, campaign_id, household_key
            """
        )
        seconds = time.monotonic() - started
        connection.execute("drop table by_hand")
    return seconds


def parents(world: World) -> dict[str, list[str]]:
    """The models that each model reads."""
    listed = subprocess.run(
        [
            *(sys.executable, "-c", DBT, "--quiet", "ls", "--resource-type", "model", "--output", "json"),
            *("--output-keys", "name", "depends_on", "--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
        ],
        cwd=ROOT,
        env=world.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    nodes = [json.loads(line) for line in listed.splitlines() if line.startswith("{")]
    return {node["name"]: [one.split(".")[-1] for one in node["depends_on"]["nodes"]] for node in nodes}


def ancestors(name: str, graph: dict[str, list[str]], timed: dict[str, float]) -> set[str]:
    """The model itself and what it stands on, as far as that was timed."""
    found = {name}
    for parent in graph.get(name, []):
        if parent in timed:
            found |= ancestors(parent, graph, timed)
    return found


def main() -> None:
    """Generates the world, builds it in three steps, and prints the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--recipients", type=int, default=2_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        world = World(Path(home), arguments.orders, arguments.recipients)
        world.generate()
        print(f"{world.orders:,} orders, {world.recipients:,} recipients", flush=True)
        before = world.dbt("run", "--full-refresh", "--select", "+marts.lift", "--exclude", *BEHIND)
        print(f"keys, matches and credit: {before.seconds:.1f} s, peak {before.peak_mib:,.0f} MiB")
        outcomes = world.dbt("run", "--threads", "1", "--select", *OUTCOMES)
        print(f"outcomes: {outcomes.node_seconds:.1f} s, peak {outcomes.peak_mib:,.0f} MiB", flush=True)
        behind = world.dbt("run", "--threads", "1", "--select", *BEHIND, "--exclude", *OUTCOMES)
        print(f"all models behind the outcomes: {behind.node_seconds:.1f} s, peak {behind.peak_mib:,.0f} MiB")
        for name, seconds in sorted(behind.models.items(), key=lambda item: -item[1])[:15]:
            print(f"    {name:<52} {seconds:7.2f} s")
        hand = by_hand(world)
        print(f"group by campaign, household, by hand: {hand:.1f} s", flush=True)
        audited = sum(seconds for name, seconds in behind.models.items() if name.startswith(AUDITED_ORDERS))
        print(f"orders that credit's rules count otherwise, timed apart: {audited:.1f} s")
        graph = parents(world)
        timed = {name: seconds for name, seconds in behind.models.items() if not name.startswith(AUDITED_ORDERS)}
        for mart in sorted(name for name in timed if name.startswith("fct_")):
            seconds = sum(timed[one] for one in ancestors(mart, graph, timed))
            print(f"    {mart:<32} {seconds:7.2f} s, {seconds / hand:5.2f} x")


if __name__ == "__main__":
    main()
