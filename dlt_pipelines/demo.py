"""`matchback demo`: the whole way on invented people, in a workspace of its own."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from dlt_pipelines import children, console
from dlt_pipelines.build import build
from dlt_pipelines.config import PROJECT_ROOT, Workspace, set_environment, workspace
from dlt_pipelines.database import opened
from dlt_pipelines.destinations import guards, summary
from dlt_pipelines.destinations.account import Options
from dlt_pipelines.destinations.exposures import publications
from dlt_pipelines.destinations.publishing import publish
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.sandbox.world import END, ORGANIZATIONS, Truth, build_world
from dlt_pipelines.snapshot import snapshot
from dlt_pipelines.storage import replaced

PUBLISH_TO = {"larkfield": ("odp",), "marlow": ("omnisend",)}
METRIC = "orders_per_recipient"


def demo(scale: float, seed: int, home: Path = PROJECT_ROOT / "data" / "demo") -> None:
    """Builds the world, loads it over HTTP and from files, credits, measures, publishes, and prints the answer.

    Args:
        scale: Size of the world; 1 is 75,000 recipients.
        seed: Which world.
        home: The demo's own workspace.

    Raises:
        MatchbackError: A part failed.
    """
    set_environment(
        {
            "MATCHBACK_HOME": str(home),
            "MATCHBACK_DATABASE": str(home / "matchback.duckdb"),
            "MATCHBACK_REPORTS": str(home / "reports.duckdb"),
            "MATCHBACK_INBOX": str(home / "inbox"),
            "MATCHBACK_OUTBOX": str(home / "outbox"),
            "MATCHBACK_CONFIG": str(home / "config"),
            # the loading process serves five providers as well; many arenas would keep what its threads let go of
            "MALLOC_ARENA_MAX": "2",
            "LOAD__PARALLEL_ORGANIZATIONS": "2",
        }
    )
    _leave_other_worlds(home, {"seed": seed, "scale": scale})
    place = workspace().create()
    # in a process of its own, so that the world and the load are out of memory before the build needs it
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn, initializer=children.end_with_spawner) as loading:
        truths = loading.submit(_load_world, place, seed, scale).result()
    build(place, {"as_of": END.strftime("%Y-%m-%d %H:%M:%S")})
    _publish(place)
    snapshot(place)
    _show_verdicts(place)
    _show_lift(place, truths)
    _show_what_next(place)


def _load_world(place: Workspace, seed: int, scale: float) -> dict[tuple[str, str], Truth]:
    """Writes and serves the world and loads it.

    Returns:
        The planted truth by organization and campaign.
    """
    # what loads and serves is imported in the process that does so alone
    from dlt_pipelines.load import load
    from dlt_pipelines.run import show
    from dlt_pipelines.sandbox import server
    from dlt_pipelines.sandbox.files import write_configuration, write_inbox

    plans = [replace(plan, publish_to=PUBLISH_TO.get(plan.organization_id, ())) for plan in ORGANIZATIONS]
    world = build_world(seed, scale, plans)
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)
    with server.running(world) as base_url:
        set_environment(server.settings(world, base_url))
        report = load(place)
    show(report)
    if report.errors:
        raise MatchbackError("\n".join(report.errors))
    return {
        (one.plan.organization_id, campaign_id): truth for one in world for campaign_id, truth in one.truths.items()
    }


def _publish(place: Workspace) -> None:
    """Publishes to stand-ins of the tools: all of it, for the world's orders are old and the stand-ins are empty."""
    from dlt_pipelines.sandbox import server

    names = [one.organization_id for one in read_organizations(place.config) if one.publish_to]
    with server.running([], [], server.destinations_of(names)) as base_url:
        set_environment(server.destination_settings(names, base_url))
        for tool in publications():
            is_first_run = not guards.last_runs_file(place, tool).exists()
            report = publish(place, tool, Options(is_sent=True, is_backfill=True, is_first_run=is_first_run))
            console.line()
            summary.show(report, tool)
            summary.show_reasons(place, tool)
            if report.errors:
                raise MatchbackError("\n".join(report.errors))


def _leave_other_worlds(home: Path, world: dict[str, float]) -> None:
    """Empties the demo's own workspace if it holds another world, whose people would get mixed up with this one's."""
    marker = home / "world.json"
    if marker.exists() and marker.read_text(encoding="utf-8") == json.dumps(world):
        return
    if home.exists():
        shutil.rmtree(home)
    with replaced(marker) as file:
        file.write(json.dumps(world))


def _show_verdicts(place: Workspace) -> None:
    with opened(place) as connection:
        rows = connection.execute(
            """
            select attribution_status, coalesce(match_method, reason, ''), currency, count(*), sum(net_amount)
            from marts.fct_order_attributions
            group by all
            order by all
            """
        ).fetchall()
    console.line()
    console.table(
        "Orders by verdict and method",
        [("verdict", "left"), ("method", "left"), ("currency", "left"), ("orders", "right"), ("net revenue", "right")],
        [[*names, f"{orders:,}", f"{revenue:,.0f}"] for *names, orders, revenue in rows],
    )


def _show_lift(place: Workspace, truths: dict[tuple[str, str], Truth]) -> None:
    with opened(place) as connection:
        rows = connection.execute(
            """
            select
                organization_id, campaign_id, treated_recipients, holdout_recipients,
                absolute_lift, absolute_lift_ci_low, absolute_lift_ci_high, p_value, lift_status
            from marts.fct_campaign_lift
            where metric = ?
            order by organization_id, treated_recipients desc
            """,
            [METRIC],
        ).fetchall()
    table = []
    for organization_id, campaign_id, treated, holdout, lift, low, high, p_value, status in rows:
        truth = truths.get((organization_id, campaign_id))
        if truth is None:
            # drawn by the user with `matchback mailing-list`: nothing was planted there
            continue
        planted = truth.matchable[METRIC]
        inside = "" if low is None else "yes" if low <= planted <= high else "no"
        table.append(
            [
                *(campaign_id, f"{treated:,}", f"{holdout:,}", _per_thousand(lift)),
                *(f"{_per_thousand(low)} to {_per_thousand(high)}" if low is not None else "", _p_value(p_value)),
                *(
                    _per_thousand(planted),
                    inside,
                    _per_thousand(truth.whole[METRIC]),
                    f"{truth.match_rate:.0%}",
                    status,
                ),
            ]
        )
    columns = "campaign,mailed,held out,lift,95 % interval,p,planted,covered,whole,match rate,status"
    sides = ["left", "right", "right", "right", "right", "right", "right", "left", "right", "right", "left"]
    console.line()
    console.table(
        "Lift: orders per 1,000 recipients that would not have come without the mail, beside the planted truth",
        list(zip(columns.split(","), sides, strict=True)),
        table,
    )
    console.line(
        "planted: the true effect on orders that e-mail or address can find, which is what lift measures. "
        "whole: the true effect on all orders."
    )
    console.line("covered: an honest 95 % interval misses the truth one time in twenty; `make test-long` counts that.")


def _show_what_next(place: Workspace) -> None:
    with opened(place) as connection:
        found = connection.execute(
            """
            select candidates.organization_id, candidates.order_id
            from marts.fct_match_candidates as candidates
            inner join marts.fct_order_attributions as orders using (organization_id, order_id)
            where orders.attribution_status = 'attributed'
            group by candidates.organization_id, candidates.order_id
            order by count(distinct candidates.match_method) desc, count(*) desc, organization_id, order_id
            limit 1
            """
        ).fetchone()
    home = os.path.relpath(place.home)
    console.line()
    console.line("Try next:")
    if found:
        settings = f"MATCHBACK_HOME={home} MATCHBACK_CONFIG={home}/config"
        console.line(f"  {settings} .venv/bin/matchback explain --organization {found[0]} --order {found[1]}")
        console.line(f"  {settings} .venv/bin/matchback mailing-list advent_preview")
        console.line(f"  {settings} .venv/bin/matchback plan spring_catalog --recipients 20000")
        console.line(f"  {settings} .venv/bin/matchback publish odp --status")
    query = "from marts.fct_campaign_performance where match_method = 'all'"
    opened_copy = f"duckdb.connect('{home}/reports.duckdb', read_only=True)"
    console.line(f'  .venv/bin/python -c "import duckdb; print({opened_copy}.sql(\\"{query}\\"))"')


def _per_thousand(value: float | None) -> str:
    return "" if value is None else f"{value * 1000:.1f}"


def _p_value(value: float | None) -> str:
    return "" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"
