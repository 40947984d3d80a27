"""Every estimator against scipy, statsmodels and tea-tasting on random households, to 1e-9."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import tea_tasting as tt
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_power
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.plan import History, Prior, power, value_of_knowing
from tests.python.conftest import load_files
from tests.python.experiments import AS_OF, SEGMENTS, WINDOW_DAYS, Booleans, Drawn, Experiment, Floats, draw, write

# all but the audit, which stands on credit
MARTS = (
    *("fct_campaign_lift", "fct_campaign_lift_estimates", "fct_campaign_lift_curve", "fct_campaign_lift_cuts"),
    *("fct_experiment_checks", "fct_holdout_plans", "fct_holdout_values"),
)
METRICS = ("conversion_rate", "orders_per_recipient", "revenue_per_recipient")
FAMILIES = (0.4, 0.25, 0.15, 0.1, 0.06, 0.04)
EXPERIMENTS = (
    Experiment("single", 3_000, frailty=2.0, effect=0.2),
    Experiment("families", 1_500, FAMILIES, 0.3, frailty=2.0, effect=0.2),
    Experiment("mixed", 1_500, FAMILIES, 0.3, frailty=2.0, effect=0.2, is_by_person=True),
)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def built(new_place: Callable[[str], Workspace]) -> Iterator[tuple[dict[str, Drawn], Callable[..., Row]]]:
    """The experiments, and a function that gives the one row of a lift model with such values."""
    place = new_place("estimators")
    drawn = [draw(plan, seed) for seed, plan in enumerate(EXPERIMENTS)]
    write(place, drawn)
    load_files(place)
    build(place, {"as_of": AS_OF}, select=" ".join(f"+{name}" for name in MARTS))
    with opened(place) as connection:

        def row(relation: str, **values: object) -> Row:
            condition = " and ".join(f"{name} = ?" for name in values)
            found = connection.execute(f"select * from {relation} where {condition}", list(values.values()))
            names = [column[0] for column in found.description]
            [only] = found.fetchall()
            return dict(zip(names, only, strict=True))

        yield {one.plan.organization_id: one for one in drawn}, row


def close(found: float, right: float) -> bool:
    return math.isclose(found, right, rel_tol=1e-9, abs_tol=1e-12)


def by_household(one: Drawn, **columns: Floats) -> pd.DataFrame:
    """A row per household and arm, with the sums over its members."""
    arm = (~one.is_holdout).astype(int)
    people = pd.DataFrame({"household": one.household, "variant": arm, "n": 1.0, "size": 1.0, **columns})
    return people.groupby(["household", "variant"], as_index=False).sum()


def tea(households: pd.DataFrame, metric: tt.RatioOfMeans) -> Any:
    return tt.Experiment(metric=metric).analyze(households.drop(columns="household"))["metric"]


@pytest.mark.parametrize("metric", METRICS)
def test_means_of_single_people_are_those_of_statsmodels(built: Any, metric: str) -> None:
    """Unequal variances, Satterthwaite's degrees of freedom."""
    drawn, row = built
    one = drawn["single"]
    outcome = one.outcomes()[metric]
    means = CompareMeans(DescrStatsW(outcome[~one.is_holdout]), DescrStatsW(outcome[one.is_holdout]))
    low, high = means.tconfint_diff(usevar="unequal")
    _, p_value, _ = means.ttest_ind(usevar="unequal")
    lift = row("marts.fct_campaign_lift", organization_id="single", metric=metric)
    assert close(lift["absolute_lift_ci_low"], low)
    assert close(lift["absolute_lift_ci_high"], high)
    assert close(lift["p_value"], p_value)


@pytest.mark.parametrize("metric", METRICS)
def test_clustered_errors_are_those_of_statsmodels(built: Any, metric: str) -> None:
    """A regression on a constant in each arm, errors clustered by household; the arms are independent."""
    drawn, row = built
    one = drawn["families"]
    outcome = one.outcomes()[metric]
    variance = 0.0
    for arm in (one.is_holdout, ~one.is_holdout):
        fitted = sm.OLS(outcome[arm], np.ones(arm.sum())).fit(
            cov_type="cluster", cov_kwds={"groups": one.household[arm], "use_correction": True}
        )
        variance += float(fitted.bse[0]) ** 2
    lift = row("marts.fct_campaign_lift", organization_id="families", metric=metric)
    assert close(lift["absolute_lift_standard_error"], math.sqrt(variance))


@pytest.mark.parametrize("metric", METRICS)
def test_cuped_is_that_of_tea_tasting(built: Any, metric: str) -> None:
    """A ratio of household sums whose covariate is a ratio too."""
    drawn, row = built
    for organization_id in ("single", "families"):
        one = drawn[organization_id]
        households = by_household(one, y=one.outcomes()[metric], x=one.prior()["revenue_per_recipient"])
        right = tea(households, tt.RatioOfMeans("y", "n", "x", "size", use_t=True, equal_var=False))
        lift = row(
            "marts.fct_campaign_lift_estimates",
            organization_id=organization_id,
            metric=metric,
            estimator="cuped_household_clustered_t",
        )
        assert lift["covariate"] == "own_orders_of_365_days"
        assert 0.02 < lift["variance_reduction"] < 0.9
        for name, value in {
            "holdout_mean": right.control,
            "treated_mean": right.treatment,
            "absolute_lift": right.effect_size,
            "absolute_lift_ci_low": right.effect_size_ci_lower,
            "absolute_lift_ci_high": right.effect_size_ci_upper,
            "p_value": right.pvalue,
            "relative_lift": right.rel_effect_size,
        }.items():
            assert close(lift[name], value), (organization_id, name)


def test_the_sample_ratio_is_that_of_tea_tasting(built: Any) -> None:
    """Households against the designed share, by the normal law without a correction: chi-square with one degree."""
    drawn, row = built
    for organization_id in ("single", "families"):
        one = drawn[organization_id]
        households = by_household(one)
        right = tt.Experiment(
            metric=tt.SampleRatio(
                ratio=(1 - one.plan.holdout_share) / one.plan.holdout_share, method="norm", correction=False
            )
        ).analyze(households[["variant"]])["metric"]
        check = row(
            "marts.fct_experiment_checks",
            organization_id=organization_id,
            check_name="sample_ratio",
            part="assigned",
        )
        assert (check["holdout_count"], check["treated_count"]) == (right.control, right.treatment)
        assert close(check["p_value"], right.pvalue)
        assert check["check_status"] == "ok"


def test_the_mix_of_segments_is_that_of_scipy(built: Any) -> None:
    drawn, row = built
    one = drawn["families"]
    table = pd.crosstab(
        [one.segment[household] for household in by_household(one)["household"]], by_household(one)["variant"]
    )
    right = stats.chi2_contingency(table, correction=False)
    check = row("marts.fct_experiment_checks", organization_id="families", check_name="balance", part="segment")
    assert check["degrees_of_freedom"] == right.dof
    assert close(check["statistic"], right.statistic)
    assert close(check["p_value"], right.pvalue)


def test_average_order_value_is_that_of_tea_tasting(built: Any) -> None:
    drawn, row = built
    for organization_id in ("single", "families"):
        one = drawn[organization_id]
        outcomes = one.outcomes()
        households = by_household(one, y=outcomes["revenue_per_recipient"], orders=outcomes["orders_per_recipient"])
        right = tea(households, tt.RatioOfMeans("y", "orders", use_t=True, equal_var=False))
        lift = row("marts.fct_campaign_lift_estimates", organization_id=organization_id, metric="average_order_value")
        assert not lift["is_causal"]
        assert lift["incremental_total"] is None
        assert close(lift["treated_mean"], right.treatment)
        assert close(lift["absolute_lift_ci_low"], right.effect_size_ci_lower)
        assert close(lift["p_value"], right.pvalue)


def test_revenue_is_winsorised_at_one_threshold_among_buyers(built: Any) -> None:
    drawn, row = built
    one = drawn["families"]
    revenue = one.outcomes()["revenue_per_recipient"]
    threshold = float(np.quantile(revenue[one.outcomes()["orders_per_recipient"] > 0], 0.99))
    threshold = round(threshold, 4)
    households = by_household(one, y=np.minimum(revenue, threshold))
    right = tea(households, tt.RatioOfMeans("y", "n", use_t=True, equal_var=False))
    lift = row(
        "marts.fct_campaign_lift_estimates",
        organization_id="families",
        estimator="winsorised_household_clustered_t",
    )
    assert float(lift["threshold_amount"]) == threshold
    assert close(lift["absolute_lift"], right.effect_size)
    assert close(lift["absolute_lift_ci_low"], right.effect_size_ci_lower)


@pytest.mark.parametrize("estimator", ["difference_in_means_household_clustered_t", "cuped_household_clustered_t"])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("organization_id", ["families", "mixed"])
def test_estimates_are_those_of_numpy_with_mixed_households(
    built: Any, organization_id: str, metric: str, estimator: str
) -> None:
    """Written as a statistician would on arrays; the covariance of households with members in both arms is kept."""
    drawn, row = built
    one = drawn[organization_id]
    outcome = one.outcomes()[metric]
    if estimator.startswith("cuped"):
        outcome = adjusted(one, outcome, one.prior()["revenue_per_recipient"])
    lift = row(
        "intermediate.int_lift__estimates",
        organization_id=organization_id,
        metric=metric,
        estimator=estimator,
        period="lift",
        cut="campaign",
    )
    for name, value in by_numpy(one, outcome).items():
        assert close(lift[name], value), name


@pytest.mark.parametrize("organization_id", ["families", "mixed"])
@pytest.mark.parametrize("day", [0, 9, WINDOW_DAYS - 1])
def test_lift_by_day_is_that_of_the_orders_to_that_day(built: Any, organization_id: str, day: int) -> None:
    drawn, row = built
    one = drawn[organization_id]
    for metric in METRICS:
        lift = row(
            "intermediate.int_lift__estimates",
            organization_id=organization_id,
            metric=metric,
            cut="day",
            days_since_window_start=day,
        )
        for name, value in by_numpy(one, one.outcomes(0, day + 1)[metric]).items():
            assert close(lift[name], value), (metric, name)


def test_the_band_is_the_normal_mixture_tuned_by_the_placebo(built: Any) -> None:
    """Robbins' boundary, solved here for its p-value by bisection."""
    drawn, row = built
    one = drawn["mixed"]
    placebo = by_numpy(one, one.outcomes(-35, -5)["orders_per_recipient"])["absolute_lift_standard_error"] ** 2
    tuning = placebo / (2 * math.log(20) + math.log(1 + 2 * math.log(20)))
    band = row(
        "intermediate.int_lift__bands",
        organization_id="mixed",
        metric="orders_per_recipient",
        cut="day",
        days_since_window_start=9,
    )
    expected = by_numpy(one, one.outcomes(0, 10)["orders_per_recipient"])
    variance, lift = expected["absolute_lift_standard_error"] ** 2, expected["absolute_lift"]

    def half_width(alpha: float) -> float:
        return math.sqrt((variance + tuning) * math.log((variance + tuning) / (tuning * alpha**2)))

    assert close(band["mixture_variance"], tuning)
    assert close(band["absolute_lift_ci_low"], lift - half_width(0.05))
    assert close(band["absolute_lift_ci_high"], lift + half_width(0.05))
    assert band["p_value"] == 1.0 or math.isclose(half_width(band["p_value"]), abs(lift), rel_tol=1e-9)


@pytest.mark.parametrize("organization_id", ["families", "mixed"])
def test_a_part_is_the_experiment_among_its_households(built: Any, organization_id: str) -> None:
    """Its lift is that of a world without the others; q-values and pooling are those of statsmodels."""
    drawn, row = built
    one = drawn[organization_id]
    outcome = one.outcomes()["orders_per_recipient"]
    parts = [
        row(
            "marts.fct_campaign_lift_cuts",
            organization_id=organization_id,
            metric="orders_per_recipient",
            cut="segment",
            cut_value=segment,
        )
        for segment in SEGMENTS
    ]
    for part in parts:
        mine = np.array([one.segment[household] == part["cut_value"] for household in one.household])
        for name in ("treated_mean", "absolute_lift", "absolute_lift_standard_error"):
            assert close(part[name], by_numpy(one, outcome, mine)[name]), (part["cut_value"], name)
    q_values = multipletests([part["p_value"] for part in parts], method="fdr_bh")[1]
    lifts = np.array([part["absolute_lift"] for part in parts])
    variances = np.array([part["absolute_lift_standard_error"] for part in parts]) ** 2
    pooled = combine_effects(lifts, variances, method_re="dl")
    between = max(float(pooled.tau2), 0.0)
    mean = float(np.average(lifts, weights=1 / (variances + between)))
    for part, q_value, variance in zip(parts, q_values, variances, strict=True):
        assert close(part["q_value"], q_value)
        assert close(part["pooled_lift"], mean)
        assert close(part["shrinkage"], variance / (variance + between))
        assert min(mean, part["absolute_lift"]) <= part["shrunk_lift"] <= max(mean, part["absolute_lift"])


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5])
def test_a_plan_is_that_of_statsmodels(built: Any, share: float) -> None:
    """Power of a two-sided test by the normal distribution, of the mart and of the command."""
    drawn, row = built
    one = drawn["families"]
    for metric in METRICS:
        plan = row("marts.fct_holdout_plans", organization_id="families", metric=metric, holdout_share=share)
        outcome = one.outcomes()[metric]
        arms = [by_arm(one, outcome, is_holdout) for is_holdout in (False, True)]
        assert close(plan["treated_variance_per_recipient"], arms[0][0])
        assert close(plan["holdout_variance_per_recipient"], arms[1][0])
        assert close(plan["household_design_effect"], (arms[0][0] + arms[1][0]) / (arms[0][1] + arms[1][1]))
        people = len(one.household)
        error = math.sqrt(arms[0][0] / people / (1 - share) + arms[1][0] / people / share)
        lift = by_numpy(one, outcome)["absolute_lift"]
        assert close(plan["standard_error"], error)
        assert close(plan["power"], normal_power(lift / error, 1, 0.05, alternative="two-sided"))
        assert close(power(lift, error), plan["power"])
        detectable = plan["smallest_detectable_lift"]
        assert close(normal_power(detectable / error, 1, 0.05, alternative="two-sided"), 0.8)
        history = History(plan["holdout_mean"], lift, arms[0][0], arms[1][0], 1.0, people)
        assert close(history.standard_error(people, share), error)


def test_no_effect_is_seen_as_often_as_alpha() -> None:
    assert close(power(0.0, 1.7), 0.05)


@pytest.mark.parametrize("organization_id", ["single", "families"])
def test_the_value_of_knowing_is_the_integral_over_what_may_be_learnt(built: Any, organization_id: str) -> None:
    """The next list is mailed where the posterior mean is positive; the mean gain over the prior's outcomes."""
    _, row = built
    value = row("marts.fct_holdout_values", organization_id=organization_id, holdout_share=0.1)
    plan = row(
        "marts.fct_holdout_plans",
        organization_id=organization_id,
        metric="merchandise_per_recipient",
        holdout_share=0.1,
    )
    mean, deviation, people = value["prior_mean"], value["prior_standard_deviation"], value["recipients"]
    # margin rate of the experiments
    error = 0.5 * plan["standard_error"]
    movement = stats.norm(mean, deviation**2 / math.sqrt(deviation**2 + error**2))
    gain = movement.expect(lambda posterior: posterior, lb=0.0, epsabs=1e-13, epsrel=1e-12) - max(mean, 0.0)
    assert math.isclose(value["value_of_knowing"], people * gain, rel_tol=1e-7, abs_tol=1e-7)
    assert close(value["cost_of_not_mailing"], mean * people * 0.1)
    assert close(value_of_knowing(Prior(mean, deviation), error, people), value["value_of_knowing"])


def by_arm(one: Drawn, outcome: Floats, is_holdout: bool) -> tuple[float, float]:
    """Variance per recipient, households kept together and recipients one by one."""
    mine = one.is_holdout == is_holdout
    sizes = np.bincount(one.household[mine], minlength=one.plan.households)
    sums = np.bincount(one.household[mine], outcome[mine], minlength=one.plan.households)
    residuals = sums - outcome[mine].mean() * sizes
    households = int((sizes > 0).sum())
    return float(residuals @ residuals / mine.sum() * households / (households - 1)), float(outcome[mine].var(ddof=1))


def by_numpy(one: Drawn, outcome: Floats, mine: Booleans | None = None) -> dict[str, float]:
    """Difference in means with household-clustered errors, of everybody or of some."""
    mine = np.ones(len(outcome), dtype=bool) if mine is None else mine
    sizes, sums = np.zeros((2, one.plan.households)), np.zeros((2, one.plan.households))
    arm = one.is_holdout.astype(int)
    np.add.at(sizes, (arm[mine], one.household[mine]), 1)
    np.add.at(sums, (arm[mine], one.household[mine]), outcome[mine])
    means = sums.sum(axis=1) / sizes.sum(axis=1)
    influence = (sums - means[:, None] * sizes) / sizes.sum(axis=1)[:, None]
    counts = (sizes > 0).sum(axis=1)
    influence *= np.sqrt(counts / (counts - 1))[:, None]
    covariance = influence @ influence.T
    error = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    gradient = np.array([1 / means[1], -means[0] / means[1] ** 2])
    return {
        "treated_mean": float(means[0]),
        "holdout_mean": float(means[1]),
        "absolute_lift": float(means[0] - means[1]),
        "absolute_lift_standard_error": error,
        "relative_lift": float(means[0] / means[1] - 1),
        "relative_lift_standard_error": math.sqrt(gradient @ covariance @ gradient),
    }


def adjusted(one: Drawn, outcome: Floats, covariate: Floats) -> Floats:
    """The outcome less what the covariate predicts, by the slope over the household sums of both arms."""
    key = one.household * 2 + one.is_holdout
    size = np.bincount(key).astype(np.float64)
    residuals = [np.bincount(key, values) - values.mean() * size for values in (outcome, covariate)]
    slope = float(residuals[0] @ residuals[1] / (residuals[1] @ residuals[1]))
    return np.asarray(outcome - slope * (covariate - covariate.mean()), dtype=np.float64)
