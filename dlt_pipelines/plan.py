"""`matchback plan`: how large a holdout the next list needs, and what it costs, from what a campaign before it showed.

The same arithmetic as `fct_holdout_plans` and `fct_holdout_values`, for a list of any size; a test compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from dlt_pipelines import console
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened_marts
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.wording import shown

METRICS = ("conversion_rate", "orders_per_recipient", "revenue_per_recipient")
DEFAULT_SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
NORMAL = NormalDist()
CRITICAL_Z = NORMAL.inv_cdf(0.975)
# the effect, in standard errors, that a two-sided test at 5 % sees four times out of five
DETECTABLE_Z = 2.8015817870135793


@dataclass(frozen=True)
class History:
    """What a campaign showed of one metric.

    Attributes:
        holdout_mean: Mean per recipient without mail.
        lift: Absolute lift per recipient.
        treated_variance: Per recipient of the mailed arm, households kept together, in squared units of the metric.
        holdout_variance: The same of the holdout.
        design_effect: That variance over the one of recipients taken one by one.
        recipients: Size of its list.
    """

    holdout_mean: float
    lift: float
    treated_variance: float
    holdout_variance: float
    design_effect: float
    recipients: int

    def standard_error(self, recipients: int, share: float) -> float:
        """Of the lift over a list of that size with that share held out."""
        return sqrt(self.treated_variance / (recipients * (1 - share)) + self.holdout_variance / (recipients * share))


@dataclass(frozen=True)
class Prior:
    """What is believed of the profit per piece, in the campaign's currency: a normal distribution."""

    mean: float
    standard_deviation: float


def power(lift: float, standard_error: float) -> float:
    """Chance that a two-sided test at 5 % sees a lift, by the normal distribution; 5 % where there is none."""
    effect = lift / standard_error
    return NORMAL.cdf(effect - CRITICAL_Z) + NORMAL.cdf(-effect - CRITICAL_Z)


def value_of_knowing(prior: Prior, standard_error: float, next_recipients: int) -> float:
    """What deciding on the next list after the experiment, and not now, is expected to add.

    Args:
        prior: Of the profit per piece.
        standard_error: With which the experiment will measure it.
        next_recipients: Size of the next list, mailed only where the posterior mean is positive.
    """
    if prior.standard_deviation == 0:
        return 0.0
    movement = prior.standard_deviation**2 / sqrt(prior.standard_deviation**2 + standard_error**2)
    certainty = prior.mean / movement
    gain = prior.mean * NORMAL.cdf(certainty) + movement * NORMAL.pdf(certainty) - max(prior.mean, 0.0)
    return next_recipients * gain


def plan(
    workspace: Workspace,
    campaign_id: str,
    organization_id: str | None = None,
    recipients: int | None = None,
    shares: Sequence[float] = (),
    next_recipients: int | None = None,
    prior: Prior | None = None,
) -> None:
    """Prints power, smallest detectable lift and the value of a holdout for a list like a campaign's.

    Args:
        workspace: Whose marts.
        campaign_id: The campaign that the next one will be like.
        organization_id: Whose, where several organizations have one of that name.
        recipients: Size of the list; by default that campaign's.
        shares: To hold out, each above 0 and below 1.
        next_recipients: Size of the list after that one; by default the same.
        prior: Of the profit per piece; by default what the organization's campaigns earned.

    Raises:
        MatchbackError: The campaign is unknown, ambiguous, or showed too little.
    """
    owner, histories, margin = _read(workspace, campaign_id, organization_id)
    size = recipients or next(iter(histories.values())).recipients
    chosen = sorted(set(shares)) or DEFAULT_SHARES
    console.line(f"A list of {size:,} recipients like {campaign_id} of {owner}.")
    for metric in METRICS:
        if metric in histories:
            _show_power(metric, histories[metric], size, chosen)
        else:
            console.line(f"\n{metric}: it did not vary then, so nothing can be said of it.")
    believed = prior or margin.prior
    if margin.rate is None or believed is None:
        console.line("No profit: it takes a piece cost, a gross margin rate and the merchandise amount of each order.")
        return
    _show_values(histories["merchandise_per_recipient"], margin.rate, believed, size, chosen, next_recipients or size)


@dataclass(frozen=True)
class _Margin:
    rate: float | None
    prior: Prior | None


def _read(
    workspace: Workspace, campaign_id: str, organization_id: str | None
) -> tuple[str, dict[str, History], _Margin]:
    with opened_marts(workspace) as connection:
        found = connection.execute(
            """
            select distinct on (organization_id, metric)
                organization_id, metric, holdout_mean, assumed_lift, treated_variance_per_recipient,
                holdout_variance_per_recipient, household_design_effect, recipients
            from marts.fct_holdout_plans
            where campaign_id = ? and coalesce(organization_id = ?, true)
            order by organization_id, metric
            """,
            [campaign_id, organization_id],
        ).fetchall()
        owners = sorted({row[0] for row in found})
        if not owners:
            raise MatchbackError(
                f"No campaign '{shown(campaign_id)}' has a holdout and five buyers in either arm, which a plan is made "
                "from. `select distinct campaign_id from marts.fct_holdout_plans` lists those that have."
            )
        if len(owners) > 1:
            raise MatchbackError(
                f"{len(owners)} organizations have a campaign '{shown(campaign_id)}': {', '.join(owners)}. Add "
                "--organization."
            )
        [(rate,)] = connection.execute(
            """
            select case when unknown_merchandise_orders = 0 then gross_margin_rate end
            from marts.fct_campaign_economics
            where organization_id = ? and campaign_id = ?
            """,
            [owners[0], campaign_id],
        ).fetchall()
        prior = connection.execute(
            """
            select prior_mean, prior_standard_deviation
            from marts.fct_holdout_values
            where organization_id = ? and campaign_id = ?
            limit 1
            """,
            [owners[0], campaign_id],
        ).fetchone()
    histories = {metric: History(*values) for _, metric, *values in found}
    has_margin = rate is not None and "merchandise_per_recipient" in histories
    return owners[0], histories, _Margin(float(rate) if has_margin else None, Prior(*prior) if prior else None)


def _show_power(metric: str, history: History, size: int, shares: Sequence[float]) -> None:
    rows = []
    for share in shares:
        error = history.standard_error(size, share)
        detectable = DETECTABLE_Z * error
        relative = f"{detectable / history.holdout_mean:.1%}" if history.holdout_mean else "-"
        rows.append(
            [
                *(f"{share:.0%}", f"{size * share:,.0f}", f"{detectable:,.4g}", relative),
                f"{power(history.lift, error):.1%}",
            ]
        )
    title = f"\n{metric}: {history.holdout_mean:,.4g} without mail, lift then {history.lift:,.4g}"
    headings = ["held out", "recipients", "smallest detectable lift", "relative", "power for the lift then"]
    console.table(title, [(heading, "right") for heading in headings], rows)
    console.line(f"Household design effect: {history.design_effect:.2f}")


def _show_values(
    history: History, margin_rate: float, prior: Prior, size: int, shares: Sequence[float], next_size: int
) -> None:
    def values(share: float) -> tuple[float, float]:
        error = margin_rate * history.standard_error(size, share)
        return prior.mean * size * share, value_of_knowing(prior, error, next_size)

    def net(share: float) -> float:
        cost, value = values(share)
        return value - cost

    rows = [[f"{share:.0%}", *(f"{figure:,.0f}" for figure in (*values(share), net(share)))] for share in shares]
    title = f"\nProfit per piece: {prior.mean:,.2f} expected, give or take {prior.standard_deviation:,.2f}"
    headings = ["held out", "cost of not mailing", "value of knowing", "net"]
    console.table(title, [(heading, "right") for heading in headings], rows)
    best = max((hundredths / 100 for hundredths in range(1, 51)), key=net)
    console.line(f"Best share for a next list of {next_size:,}: {best:.0%}, worth {net(best):,.0f} net.")
