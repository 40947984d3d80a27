"""Who is loaded, and from which provider: the same seed that dbt reads."""

from __future__ import annotations

import contextlib
import csv
import re
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dlt_pipelines.bounds import currencies
from dlt_pipelines.errors import ConfigurationError, MatchbackError
from dlt_pipelines.wording import foreign, shown

TOOLS = ("odp", "omnisend", "klaviyo", "voucherify")
STATUSES = ("prospect", "live", "churned", "disabled")
REQUIRED_COLUMNS = ("organization_id", "name", "status", "sync_orders", "provider", "country", "currency")
BOOLEANS = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}


SEED_COLUMNS = {
    "organizations": REQUIRED_COLUMNS,
    "match_methods": ("match_method", "priority", "is_enabled", "max_recipients_per_key"),
    "blackout_periods": ("organization_id", "starts_at", "ends_at"),
}


@dataclass(frozen=True)
class Organization:
    """One row of `organizations.csv`.

    Attributes:
        organization_id: Unique.
        name: For people.
        status: prospect, live, churned or disabled.
        sync_orders: Whether its orders are wanted.
        provider: Where its orders come from.
        publish_to: The tools that its results go to.
        global_holdout_share: Share of households never mailed, 0 to 1.
        currency: Its own, in upper case; empty where it names none.
    """

    organization_id: str
    name: str
    status: str
    sync_orders: bool
    provider: str
    publish_to: tuple[str, ...]
    global_holdout_share: float
    currency: str = ""

    @property
    def takes_orders(self) -> bool:
        """Whether its orders are loaded: wanted, and the organization is or was a customer."""
        return self.sync_orders and self.status in ("live", "churned")


def read_organizations(config: Path) -> list[Organization]:
    """Reads the good rows of `organizations.csv` of the configuration folder, in file order.

    Raises:
        ConfigurationError: The file or a column is missing, or the file cannot be read; the message names it.
    """
    return _read(config)[0]


def left_out(config: Path) -> list[str]:
    """A sentence for each row of `organizations.csv` that cannot be taken; its organization alone is left out.

    Raises:
        ConfigurationError: As `read_organizations`.
    """
    return _read(config)[1]


@contextlib.contextmanager
def naming_left_out(config: Path) -> Iterator[None]:
    """Does the work for all other organizations, and then names those that are left out.

    Raises:
        MatchbackError: There are some; or the work failed, and the message says both.
    """
    errors: list[MatchbackError] = []
    try:
        yield
    except MatchbackError as error:
        errors.append(error)
    with contextlib.suppress(ConfigurationError):
        # a file that cannot be read is what the work failed at
        errors += map(ConfigurationError, left_out(config))
    if errors:
        raise MatchbackError.of_all("\n".join(map(str, errors)), errors)


def _read(config: Path) -> tuple[list[Organization], list[str]]:
    """The organizations of the good rows, and what is wrong with the others."""
    path = config / "organizations.csv"
    found: list[tuple[str, Organization]] = []
    problems = []
    for where, row in _rows(path):
        try:
            found.append((where, _organization(row, where)))
        except ConfigurationError as error:
            problems.append(str(error))
    names: dict[str, list[str]] = {}
    for _, organization in found:
        # settings are told apart by letters and digits alone, whatever their case
        folded = re.sub(r"[^a-z0-9]", "_", organization.organization_id.lower())
        names.setdefault(folded, []).append(organization.organization_id)
    alike = {name: [*dict.fromkeys(same)] for same in names.values() if len(same) > 1 for name in same}
    for name, same in alike.items():
        other = [one for one in same if one != name]
        problem = f"has the settings' names of {', '.join(map(repr, other))}" if other else "stands twice"
        problems.append(f"{path}: organization_id {name!r} {problem}. {LEFT_OUT}")
    return [one for _, one in found if one.organization_id not in alike], problems


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of the file, with where each stands.

    Raises:
        ConfigurationError: The file or a column is missing, or it is no CSV of UTF-8.
    """
    if not path.is_file():
        raise ConfigurationError(
            f"{path} is not there. It lists the organizations to load; see README.md, “Your own data”."
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            header = [*(reader.fieldnames or [])]
            for name in REQUIRED_COLUMNS:
                if name not in header:
                    raise ConfigurationError(f"{path}, line 1: the column {name} is missing.")
            for name in header:
                if header.count(name) > 1:
                    raise ConfigurationError(f"{path}, line 1: the column '{shown(name)}' stands twice.")
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if None in row:
                    raise ConfigurationError(f"{where}: the row has more fields than the header has columns.")
                yield where, {name: (value or "").strip() for name, value in row.items()}
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8. Save it as CSV in UTF-8.") from None
    except csv.Error as error:
        raise ConfigurationError(f"{path} cannot be read as CSV: {foreign(error)}.") from None


def check_seeds(config: Path) -> None:
    """Checks that each configuration seed is there with the columns that the models read.

    Raises:
        ConfigurationError: One is not; the message names file and column.
    """
    for name, columns in SEED_COLUMNS.items():
        path = config / f"{name}.csv"
        if not path.is_file():
            raise ConfigurationError(
                f"{path} is not there. Copy it from seeds/config/ of the project, or let MATCHBACK_CONFIG name "
                "the folder where it is."
            )
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
        missing = [column for column in columns if column not in header]
        if missing:
            raise ConfigurationError(f"{path}, line 1: the column {missing[0]} is missing.")


def _organization(values: dict[str, str], where: str) -> Organization:
    """The organization of a row.

    Raises:
        ConfigurationError: A value is wrong; the message names line and column.
    """
    for column, is_right, expected in RULES:
        value = values.get(column, "")
        if not is_right(value):
            raise ConfigurationError(f"{where}: {column} is '{foreign(value)}'; it must be {expected}. {LEFT_OUT}")
    return Organization(
        organization_id=values["organization_id"],
        name=values["name"],
        status=values["status"],
        sync_orders=BOOLEANS[values["sync_orders"].lower()],
        provider=values["provider"],
        publish_to=_listed(values.get("publish_to", "")),
        global_holdout_share=float(values.get("global_holdout_share") or 0),
        currency=values["currency"].upper(),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split("|") if one.strip())


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text or 0) < 1
    except ValueError:
        return False


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


LEFT_OUT = "This organization is left out until that is right; the others go on."
# what a column may hold, and how to say that; in the order of the columns
RULES: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    (
        "organization_id",
        lambda text: re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", text) is not None,
        "at most 100 letters and digits, with _ . or - between them",
    ),
    ("status", lambda text: text in STATUSES, f"one of {', '.join(STATUSES)}"),
    ("sync_orders", lambda text: text.lower() in BOOLEANS, "true or false"),
    ("publish_to", lambda text: all(tool in TOOLS for tool in _listed(text)), f"of {', '.join(TOOLS)}, with | between"),
    (
        "email_domains",
        lambda text: all(re.fullmatch(r"@?[^@\s]+\.[^@\s]+", one) for one in _listed(text)),
        "domains such as acme.example, with | between; a whole address would stand for its whole domain",
    ),
    ("country", lambda text: re.fullmatch(r"([A-Za-z]{2})?", text) is not None, "a code of two letters, or empty"),
    ("currency", lambda text: text.upper() in {"", *currencies()}, "a code of ISO 4217, EUR for example, or empty"),
    ("timezone", lambda text: text in {"", *_timezones()}, "a time zone's name, Europe/London for example, or empty"),
    ("global_holdout_share", _is_share, "a number from 0 to below 1"),
    (
        "timing_rule",
        lambda text: text in ("", "rank_then_validate", "validate_then_rank"),
        "rank_then_validate, validate_then_rank or empty",
    ),
    ("address_max_tier", lambda text: text in ("", "1", "2", "3", "4", "5"), "1 to 5, or empty"),
)
