"""`matchback check`: judges what was landed, records it, and holds back whoever is to be held back."""

from __future__ import annotations

import logging
import shutil
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dlt_pipelines import console, ops
from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace, provider_setting
from dlt_pipelines.database import opened_for_writing
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.held_back import HeldBack, found_in_what_was_landed
from dlt_pipelines.load import INBOX
from dlt_pipelines.organizations import Organization, read_organizations
from dlt_pipelines.quality.findings import found, late_arms, odd_refunds
from dlt_pipelines.quality.metrics import LANDED_ORDERS, landed
from dlt_pipelines.quality.suites import CRITICAL, rules_of, suite_of

WARN, STOP = "warn", "stop"


@dataclass(frozen=True)
class Result:
    """One expectation about one organization.

    Attributes:
        organization_id: Whose orders.
        source: From where; of what is about to be published, the sync model.
        expectation: Its name.
        severity: critical or warning.
        is_met: Whether it is.
        observed: The figure and what was expected, where it is not met.
    """

    organization_id: str
    source: str
    expectation: str
    severity: str
    is_met: bool
    observed: str | None = None


@dataclass
class CheckReport:
    """What a check found.

    Attributes:
        results: Every expectation about every organization.
        held: Organizations that are held back from now on, with the reason.
        docs: Where the Data Docs begin; None where nothing was checked.
        held_back: What cannot be read of the landed orders.
        findings: What is worth a look besides, in words.
    """

    results: list[Result] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    docs: Path | None = None

    @property
    def failures(self) -> list[Result]:
        """The expectations that are not met."""
        return [result for result in self.results if not result.is_met]


def check(workspace: Workspace, now: datetime | None = None) -> CheckReport:
    """Judges the landed orders of every organization whose orders are loaded.

    Args:
        workspace: Whose database; `ops.quality_results` and `ops.quality_gate` are written there, Data Docs below home.
        now: The time of the check, aware; None is the clock's.

    Raises:
        ConfigurationError: A setting is wrong.
        MatchbackError: The database is in use, or staging cannot be built.
    """
    organizations = [one for one in read_organizations(workspace.config) if one.takes_orders]
    choices = {one.organization_id: _choice(one) for one in organizations}
    by_source = {source: [one for one in organizations if one.provider == source] for source in LANDED_ORDERS}
    checked_at = now or datetime.now(UTC)
    report = CheckReport()
    with opened_for_writing(workspace):
        pass  # the database is made if it is not there, and nobody else is writing
    # the figures are counted over staging, which must be that of this version
    build(workspace, select="staging")
    with opened_for_writing(workspace) as connection, console.Activity("Checking what was landed"):
        ops.ensure_tables(connection, "loads", "quality_results", "quality_gate")
        frames = {
            source: landed(connection, source, [one.organization_id for one in brands], checked_at)
            for source, brands in by_source.items()
            if brands
        }
        report.findings = [one for source in frames for one in found(connection, source, by_source[source])]
        if frames:
            report.results, report.docs = judge(workspace.home / "quality", frames)
        record(connection, report.results, checked_at)
        _gate(connection, choices, report, checked_at)
    report.findings += late_arms(workspace.database)
    report.held_back = found_in_what_was_landed(workspace.database)
    report.findings += odd_refunds(workspace.database)
    return report


def show(report: CheckReport) -> None:
    """Prints what a check found."""
    met, failed = Counter[str](), Counter[str]()
    for result in report.results:
        (met if result.is_met else failed)[result.source] += 1
    console.table(
        "Checked",
        [("source", "left"), ("expectations met", "right"), ("not met", "right")],
        [[source, f"{met[source]:,}", f"{failed[source]:,}"] for source in sorted(met | failed)],
    )
    for result in report.failures:
        held = " It is held back." if result.organization_id in report.held and result.severity == CRITICAL else ""
        console.line(
            f"Warning: organization {result.organization_id}, {result.source}: {result.expectation} is not met: "
            f"{result.observed}.{held}"
        )
    for sentence in [*(one.sentence() for one in report.held_back), *report.findings]:
        console.line(f"Warning: {sentence}")
    if report.docs:
        console.line(f"Data Docs: {report.docs}")


def held_errors(report: CheckReport) -> list[str]:
    """A sentence for each organization that is held back."""
    return [
        f"organization {name} is held back, and keeps its last verdicts: {reason} not met. See the Data Docs, and load "
        "and check again once its data are right (or set on_quality_failure to warn)."
        for name, reason in sorted(report.held.items())
    ]


def _choice(organization: Organization) -> str:
    name = organization.organization_id
    choice = provider_setting("sources", organization.provider, name, "on_quality_failure", WARN) or WARN
    if choice not in (WARN, STOP):
        raise ConfigurationError(
            f"{organization.provider} of organization {name}: the setting on_quality_failure is {choice!r}; it must be "
            f"{WARN} or {STOP}."
        )
    return choice


def judge(folder: Path, frames: dict[str, Any]) -> tuple[list[Result], Path]:
    """Validates figures, and writes Data Docs about them in the place of the last ones.

    What was found before stays in `ops.quality_results`; pages of every tick of years would only fill the disk.

    Args:
        folder: Of the Data Docs.
        frames: Figures by source or sync model, a row per organization.

    Returns:
        Every expectation about every organization, and where the Data Docs begin.
    """
    shutil.rmtree(folder, ignore_errors=True)
    results: list[Result] = []
    with _quietly():
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="file", project_root_dir=folder)
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        data = context.data_sources.add_or_update_pandas("figures")
        for name, figures in frames.items():
            batch = data.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all_organizations")
            suite = context.suites.add_or_update(suite_of(name))
            definition = context.validation_definitions.add_or_update(
                gx.ValidationDefinition(name=name, data=batch, suite=suite)
            )
            validated = gx.Checkpoint(
                name=name,
                validation_definitions=[definition],
                result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["organization_id"]},
            )
            outcome = context.checkpoints.add_or_update(validated).run(
                batch_parameters={"dataframe": figures}, run_id=gx.RunIdentifier(run_name=name)
            )
            for one in outcome.run_results.values():
                results += _results(name, figures, one)
        context.build_data_docs()
    return results, folder / "gx" / "uncommitted" / "data_docs" / "local_site" / "index.html"


def _results(source: str, frame: Any, validated: Any) -> Iterator[Result]:
    rules = {rule.name: rule for rule in rules_of(source)}
    figures = frame.set_index("organization_id")
    for one in validated.results:
        rule = rules[one.expectation_config.meta["name"]]
        if one.exception_info.get("raised_exception"):
            raise RuntimeError(f"the expectation {rule.name} of {source} could not be judged")
        failing = {row["organization_id"] for row in one.result.get("unexpected_index_list") or []}
        for organization_id in figures.index:
            is_met = organization_id not in failing
            found = None if is_met else f"{rule.column} is {figures.at[organization_id, rule.column]:.4g}; expected: "
            told = found and found + rule.description[0].lower() + rule.description[1:]
            yield Result(organization_id, source, rule.name, rule.severity, is_met, told)


def record(connection: duckdb.DuckDBPyConnection, results: list[Result], checked_at: datetime) -> None:
    """Adds results to `ops.quality_results`."""
    check_id, at = uuid.uuid4().hex, ops.naive(checked_at)
    if results:
        connection.executemany(
            "insert into ops.quality_results values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [check_id, one.organization_id, one.source, one.expectation, one.severity, one.is_met, one.observed, at]
                for one in results
            ],
        )


def _gate(
    connection: duckdb.DuckDBPyConnection, choices: dict[str, str], report: CheckReport, checked_at: datetime
) -> None:
    """Holds back whoever failed and is to be stopped; everybody else is released up to the newest load."""
    before = {
        name: (is_held, released, since)
        for name, is_held, released, since in connection.execute(
            "select organization_id, is_held, released_through, held_since from ops.quality_gate"
        ).fetchall()
    }
    newest = dict(
        connection.execute("select organization_id, max(started_at) from ops.loads group by organization_id").fetchall()
    )
    critical: dict[str, list[str]] = {}
    for result in report.failures:
        if result.severity == CRITICAL:
            critical.setdefault(result.organization_id, []).append(result.expectation)
    at = ops.naive(checked_at)
    rows = []
    for name, choice in choices.items():
        was_held, released, since = before.get(name, (False, None, None))
        if choice == STOP and name in critical:
            report.held[name] = ", ".join(critical[name])
            rows.append([name, True, released, since if was_held else at, report.held[name], at])
        else:
            times = [time for time in (newest.get(name), newest.get(INBOX)) if time]
            rows.append([name, False, max(times, default=None), None, None, at])
    # of an organization that is no longer loaded the gate stays as it is
    connection.execute("begin")
    connection.execute("delete from ops.quality_gate where list_contains(?, organization_id)", [list(choices)])
    if rows:
        connection.executemany("insert into ops.quality_gate values (?, ?, ?, ?, ?, ?)", rows)
    connection.execute("commit")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keeps the library's own bars, logs and warnings from what the user reads."""
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
