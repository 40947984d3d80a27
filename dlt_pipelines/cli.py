"""The commands, one line each to the function that does the work."""

from __future__ import annotations

import contextlib
import io
import math
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from dlt_pipelines import console, crashes
from dlt_pipelines.config import parse_instant, workspace
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.lock import writing
from dlt_pipelines.organizations import naming_left_out
from dlt_pipelines.wording import printable


class Scale(click.FloatRange):
    """The size of an invented world; below the least there is nobody in it, above the most it fills no memory."""

    name = "scale"

    def __init__(self) -> None:
        super().__init__(0.001, 100)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A number within the range; NaN is none."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail("nan is no number.", param, ctx)
        return number


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="matchback")
def cli() -> None:
    """Direct-mail attribution you can check yourself: which orders the mail brought in, and what it really added."""


@cli.command()
@click.option("--organization", help="Only this organization's provider.")
@click.option("--source", help="Only this source: files or a provider.")
@click.option("--reconcile", is_flag=True, help="Read the longest attribution window anew, for what was dated back.")
@click.option("--accept", multiple=True, metavar="FILE", help="Take a file of the inbox though most rows are gone.")
def load(organization: str | None, source: str | None, reconcile: bool, accept: tuple[str, ...]) -> None:
    """Load what is new, organization by organization."""
    from dlt_pipelines import run

    place = workspace().create()
    with writing(place, "load"), naming_left_out(place.config):
        run.load_and_report(place, organization, source, reconcile, [Path(name).as_posix() for name in accept])


@cli.command()
def check() -> None:
    """Judge what was landed and what would be published; Data Docs and ops.quality_results hold what was found."""
    from dlt_pipelines import run

    place = workspace().create()
    with writing(place, "check"), naming_left_out(place.config):
        run.check_and_report(place)


@cli.command()
def status() -> None:
    """Show the last load of each organization, and how far behind it is."""
    from dlt_pipelines import status as reporting

    reporting.show(workspace())


@cli.command(name="run")
@click.option("--announce", metavar="TICK", help="Do not publish, but announce that the run TICK will.")
@click.option("--ledger-lost", is_flag=True, help="With --announce: what a lost run sent may be sent again.")
@click.option("--announced", metavar="TICK", help="Only publish, as the run TICK announced.")
def run_command(announce: str | None, ledger_lost: bool, announced: str | None) -> None:
    """Load, check, build, publish and copy the marts: one tick of cron or of a GitHub Actions schedule.

    Where the database is kept in a store between two runs, a run announces, saves, publishes and saves again.
    """
    from dlt_pipelines import run

    if announce and announced:
        raise MatchbackError("--announce and --announced do not go together: the database is saved between the two.")
    if ledger_lost and not announce:
        raise MatchbackError("--ledger-lost goes with --announce.")
    place = workspace().create()
    with writing(place, "run"), naming_left_out(place.config):
        if announced:
            run.publish_announced(place, announced)
        else:
            run.run(place, announce, ledger_lost)


@cli.command()
@click.argument("tool")
@click.option("--send", "is_sent", is_flag=True, help="Send. Without it the requests are written to a file.")
@click.option("--organization", "organizations", multiple=True, help="Only this organization; may stand several times.")
@click.option("--ids", help="Only these orders: their ids, with commas between.")
@click.option("--backfill", is_flag=True, help="Also what happened longer ago than backfill_after_days.")
@click.option("--first-run", is_flag=True, help="There is no ledger yet, and that is as it should be.")
@click.option("--csv", "is_csv", is_flag=True, help="Write files for ODP's history import instead.")
@click.option("--status", "is_status", is_flag=True, help="Show how the ledger stands.")
@click.option("--resolve", type=click.Choice(["sent", "resend"]), help="Unknown rows arrived, or are sent again.")
@click.option("--batch", help="With --resolve: of this request or file alone.")
def publish(
    tool: str,
    is_sent: bool,
    organizations: tuple[str, ...],
    ids: str | None,
    backfill: bool,
    first_run: bool,
    is_csv: bool,
    is_status: bool,
    resolve: str | None,
    batch: str | None,
) -> None:
    """Publish to TOOL (odp or omnisend) what is new or changed there.

    Without --send nothing is sent: the requests are written to outbox/TOOL/requests.jsonl of the workspace.
    """
    from dlt_pipelines.destinations import command
    from dlt_pipelines.destinations.account import Options

    modes = {"--send": is_sent, "--csv": is_csv, "--status": is_status, "--resolve": resolve is not None}
    if sum(modes.values()) > 1:
        raise MatchbackError(f"{' and '.join(name for name, is_on in modes.items() if is_on)} do not go together.")
    if batch and not resolve:
        raise MatchbackError("--batch goes with --resolve.")
    chosen = tuple(part.strip() for part in ids.split(",") if part.strip()) if ids else None
    options = Options(is_sent, organizations or None, chosen, backfill, first_run)
    place = workspace()
    if is_status:
        command.show_status(place, tool)
    elif not any(modes.values()):
        with naming_left_out(place.config):
            command.publish(place, tool, options)
    else:
        with writing(place.create(), "publish"), naming_left_out(place.config):
            if resolve:
                command.resolve(place, tool, organizations or None, resolve == "sent", batch, chosen)
            elif is_csv:
                command.write_history(place, tool, options)
            else:
                command.publish(place, tool, options)


@cli.command(name="snapshot")
def snapshot_command() -> None:
    """Copy the marts to the file that analysts query, reports.duckdb."""
    from dlt_pipelines import snapshot

    place = workspace().create()
    with writing(place, "snapshot"):
        snapshot.snapshot(place)


@cli.command()
@click.option("--organization", required=True)
@click.option("--order", required=True)
@click.option("--as-of", help="What was said of it then: a time, ISO 8601, in UTC where it has no offset.")
def explain(organization: str, order: str, as_of: str | None) -> None:
    """Show an order, every candidate for it, why each won or lost, and what was said of it before."""
    from dlt_pipelines import explain as explaining

    explaining.explain(workspace(), organization, order, parse_instant(as_of, "--as-of") if as_of else None)


@cli.command(name="as-of")
@click.argument("told_at")
def as_of(told_at: str) -> None:
    """Build all marts as they stood at TOLD_AT, from what had been loaded by then, into a file of their own."""
    from dlt_pipelines import past

    past.rebuild(workspace(), parse_instant(told_at, "TOLD_AT"))


@cli.command(name="match-address")
@click.argument("first")
@click.argument("second")
@click.option("--country", default="US", show_default=True, help="The country of an address that names none.")
def match_address(first: str, second: str, country: str) -> None:
    """Explain a pair of addresses: what is read in each, and at which tier they match.

    An address is one line with commas, as on an envelope: "12 N Oak St, Apt 3, Dallas, TX 75001".
    """
    from dlt_pipelines import match_address as matching

    matching.show_match(matching.read_one_line(first, country), matching.read_one_line(second, country))


@cli.command()
def doctor() -> None:
    """Check the configuration and the reach of every provider and destination."""
    from dlt_pipelines import doctor as examining

    examining.examine(workspace())


@cli.command(name="mailing-list")
@click.argument("campaign")
@click.option("--organization", help="Needed where several organizations have a campaign of that name.")
def mailing_list(campaign: str, organization: str | None) -> None:
    """Draw the arms of audience members not drawn yet; write the CSV for the print house."""
    from dlt_pipelines import mailing_list as drawing

    place = workspace().create()
    with writing(place, "mailing-list"), naming_left_out(place.config):
        drawing.draw(place, campaign, organization)


@cli.command()
@click.argument("campaign")
@click.option("--organization", help="Needed where several organizations have a campaign of that name.")
@click.option("--recipients", type=click.IntRange(min=1), help="Size of the list; by default the campaign's.")
@click.option(
    "--holdout-share",
    "shares",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    multiple=True,
    help="A share to hold out; may stand several times.",
)
@click.option("--next-recipients", type=click.IntRange(min=1), help="Size of the list after that; by default the same.")
@click.option("--prior-mean", type=float, help="Profit per piece that is expected, with --prior-sd.")
@click.option("--prior-sd", type=click.FloatRange(min=0), help="How far it may be off (standard deviation).")
def plan(
    campaign: str,
    organization: str | None,
    recipients: int | None,
    shares: tuple[float, ...],
    next_recipients: int | None,
    prior_mean: float | None,
    prior_sd: float | None,
) -> None:
    """Plan a holdout for a list like CAMPAIGN's: power, smallest detectable lift, and what it costs and is worth."""
    from dlt_pipelines import plan as planning

    if (prior_mean is None) != (prior_sd is None):
        raise MatchbackError("--prior-mean and --prior-sd go together: a belief needs both.")
    prior = planning.Prior(prior_mean, prior_sd) if prior_mean is not None and prior_sd is not None else None
    planning.plan(workspace(), campaign, organization, recipients, shares, next_recipients, prior)


@cli.command()
@click.option("--port", default=8765, show_default=True)
@click.option("--scale", type=Scale(), default=1.0, show_default=True, help="Size of the world.")
@click.option("--seed", default=1, show_default=True)
@click.option("--faults", type=int, help="Misbehave as the real ones do, by this seed.")
def sandbox(port: int, scale: float, seed: int, faults: int | None) -> None:
    """Serve the stand-in providers and destinations alone, on loopback."""
    from dlt_pipelines.sandbox import server

    server.serve(port, scale, seed, faults)


@cli.command()
@click.option("--scale", type=Scale(), default=1.0, show_default=True, help="Size of the world.")
@click.option("--seed", default=1, show_default=True)
def demo(scale: float, seed: int) -> None:
    """The whole way on invented people: sandbox, load, build, publish, and the lift beside the planted truth."""
    from dlt_pipelines import demo as showing

    showing.demo(scale, seed)


@cli.command(name="forget-file")
@click.argument("name")
def forget_file(name: str) -> None:
    """Withdraw everything that an inbox file, gone from the inbox, once said."""
    from dlt_pipelines.sources.files.source import forget_file as forgetting

    place = workspace().create()
    with writing(place, "forget-file"):
        console.line(forgetting(place, Path(name).as_posix()))


def main() -> None:
    """Runs the command line; whatever goes wrong ends as a sentence, not as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal without the letters of a name shows their codes
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was landed stays; run again to go on.", err=True)
        sys.exit(130)
    except Exception as problem:
        worded = crashes.in_words(problem, workspace())
        _end(str(worded), worded.exit_code)


def _end(problem: str, exit_code: int) -> NoReturn:
    with contextlib.suppress(BrokenPipeError):
        click.echo(printable(f"Error: {problem}"), err=True)
    sys.exit(exit_code)
