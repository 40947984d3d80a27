"""The sandbox world: what the demo must show is planted, and the same seed gives the same world."""

from __future__ import annotations

from pathlib import Path

from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import DAYS, ORGANIZATIONS, build_world


def test_the_demo_world_has_what_it_must_show() -> None:
    world = build_world(1)
    campaigns = [(one, plan) for one in world for plan in one.plan.campaigns if plan.status != "draft"]
    recipients = [len(one.recipients[plan.campaign_id].person) for one, plan in campaigns]
    assert len(campaigns) == 18
    assert 73_000 < sum(recipients) < 76_000
    assert max(recipients) > 20 * min(recipients)
    orders = [order for one in world for order in one.orders]
    assert 50_000 < len(orders) < 65_000
    assert (max(order.ordered_at for order in orders) - min(order.ordered_at for order in orders)).days >= DAYS - 2
    assert all(
        any(test(order) for order in orders)
        for test in (
            lambda order: order.is_test,
            lambda order: order.cancelled_at,
            lambda order: order.refunded_at,
            lambda order: "@juniper.example" in order.email,
            lambda order: order.currency in ("CAD", "EUR"),
        )
    )
    truths = [one.truths[plan.campaign_id] for one, plan in campaigns]
    assert sum(truth.matchable["orders_per_recipient"] == 0 for truth in truths) == 2
    assert sum(min(truth.power.values()) >= 0.9 for truth in truths) >= 4
    assert any(max(truth.power.values()) < 0.2 and truth.matchable["conversion_rate"] > 0 for truth in truths)
    rates = {one.plan.provider: truth.match_rate for one in world for truth in one.truths.values()}
    # without a street only e-mail is left
    assert all(0.6 < rate < 0.7 if provider == "ometria" else 0.85 < rate < 0.95 for provider, rate in rates.items())
    assert all(truth.matchable[metric] <= truth.whole[metric] for truth in truths for metric in truth.matchable), (
        "what can be found is part of the whole"
    )


def test_the_same_seed_gives_the_same_world_and_another_seed_another(tmp_path: Path) -> None:
    written = []
    for name, seed in (("first", 4), ("again", 4), ("other", 5)):
        world = build_world(seed, 0.02)
        write_configuration(tmp_path / name, world)
        write_inbox(tmp_path / name, world)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert written[0] == written[1]
    assert written[0] != written[2]


def test_scale_makes_the_world_larger() -> None:
    small, large = build_world(6, 0.05), build_world(6, 0.1)
    for one, other in zip(small, large, strict=True):
        assert 1.7 < len(other.orders) / len(one.orders) < 2.3
    assert len(small) == len(ORGANIZATIONS)
