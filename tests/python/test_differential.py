"""The models against the naive reference of docs/credit.md, order by order and candidate by candidate.

A dbt build takes seconds, so hundreds of worlds share one: hypothesis first only collects worlds, one build decides
them all, and then hypothesis runs again over the same worlds and looks the verdicts up. Where one differs, it
shrinks as always; what it tries then is built on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from tests.python import reference
from tests.python.conftest import load_files
from tests.python.reference import Method, World
from tests.python.worlds import worlds, write_worlds

RULES = ("rank_then_validate", "validate_then_rank")
WORLDS, SAMPLE = 1_000, 250
METHODS = {
    "as shipped, small limits": {
        "email": Method(1, True, 2),
        "address": Method(2, True, 2),
        "discount_code": Method(3, True, None),
        "holdout": Method(4, True, None),
    },
    "priorities turned round": {
        "email": Method(4, True, None),
        "address": Method(3, True, 1),
        "discount_code": Method(2, True, 1),
        "holdout": Method(1, True, 1),
    },
    "without e-mail": {
        "email": Method(1, False, None),
        "address": Method(3, True, 25),
        "discount_code": Method(2, True, None),
        "holdout": Method(4, True, 2),
    },
}
Decisions = dict[str, Any]


def decide_by_models(
    place: Workspace, batch: list[World], methods: dict[str, Method]
) -> dict[tuple[World, str], Decisions]:
    """What the models say of each world under each timing rule."""
    numbered = {f"w{number:04d}{rule[0]}": (world, rule) for number, world in enumerate(batch) for rule in RULES}
    write_worlds(place, numbered, methods)
    load_files(place)
    build(place, select="+fct_order_attributions +fct_match_candidates")
    found: dict[str, Decisions] = {name: {} for name in numbered}
    with opened(place) as connection:
        for organization_id, order_id, *verdict in connection.execute(
            """
            select
                organization_id, order_id, attribution_status, reason, match_method, matched_on, campaign_id,
                recipient_id, is_holdout, window_start_at, days_since_window_start, passes_rules, is_archived,
                net_amount
            from marts.fct_order_attributions
            """
        ).fetchall():
            found[organization_id][order_id] = (tuple(verdict), set())
        for organization_id, order_id, *candidate in connection.execute(
            """
            select
                organization_id, order_id, match_method, matched_on, campaign_id, recipient_id, is_holdout,
                window_start_at, timing_status, veto_reason, competing_recipients, match_rank, lost_reason
            from marts.fct_match_candidates
            """
        ).fetchall():
            found[organization_id][order_id][1].add(tuple(candidate))
    return {numbered[name]: decisions for name, decisions in found.items()}


def decide_by_reference(world: World, rule: str, methods: dict[str, Method]) -> Decisions:
    """The same, by the naive reference."""
    decisions: Decisions = {}
    campaigns = {campaign.campaign_id: campaign for campaign in world.campaigns}
    for order in world.orders:
        verdict = reference.decide(world, order, methods, rule)
        winner = verdict.winner
        decisions[order.order_id] = (
            (
                verdict.status,
                verdict.reason,
                *(
                    (winner.match_method, winner.matched_on, winner.campaign_id, winner.recipient_id)
                    if winner
                    else (None,) * 4
                ),
                winner.is_holdout if winner else False,
                winner.window_start_at if winner else None,
                (order.ordered_at - winner.window_start_at).days if winner else None,
                winner is not None and verdict.reason is None,
                campaigns[winner.campaign_id].status == "archived" if winner else False,
                reference.net_amount(order),
            ),
            {
                (
                    *(one.match_method, one.matched_on, one.campaign_id, one.recipient_id, one.is_holdout),
                    *(one.window_start_at, one.timing_status, one.veto_reason, one.competing_recipients),
                    *(one.match_rank, one.lost_reason),
                )
                for one in verdict.candidates
            },
        )
    return decisions


@pytest.mark.long
@pytest.mark.parametrize("methods", METHODS.values(), ids=METHODS.keys())
def test_models_agree_with_the_naive_reference(
    methods: dict[str, Method], new_place: Callable[[str], Workspace], is_long: bool
) -> None:
    """Every verdict and every candidate of hundreds of random worlds, under both timing rules."""
    examples = settings(
        max_examples=WORLDS if is_long else SAMPLE,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    batch: list[World] = []

    @seed(20261121)
    @examples
    @given(worlds())
    def collect(world: World) -> None:
        batch.append(world)

    collect()
    decided = decide_by_models(new_place("batch"), batch, methods)
    verdicts = {verdict[0] for decisions in decided.values() for verdict, _ in decisions.values()}
    assert verdicts == {"attributed", "holdout", "rejected", "unmatched", "excluded"}, "the worlds are too tame"

    @seed(20261121)
    @examples
    @given(worlds())
    def agree(world: World) -> None:
        if (world, RULES[0]) not in decided:
            decided.update(decide_by_models(new_place("shrinking"), [world], methods))
        for rule in RULES:
            assert decided[world, rule] == decide_by_reference(world, rule, methods), rule

    agree()
