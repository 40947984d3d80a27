"""Who is loaded, and from which provider: the same seed that dbt reads."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from dlt_pipelines.errors import ConfigurationError

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
    """

    organization_id: str
    name: str
    status: str
    sync_orders: bool
    provider: str
    publish_to: tuple[str, ...]
    global_holdout_share: float

    @property
    def takes_orders(self) -> bool:
        """Whether its orders are loaded: wanted, and the organization is or was a customer."""
        return self.sync_orders and self.status in ("live", "churned")


def read_organizations(config: Path) -> list[Organization]:
    """Reads `organizations.csv` of the configuration folder, in file order.

    Raises:
        ConfigurationError: The file, a column or a value is missing or wrong; the message names file and line.
    """
    path = config / "organizations.csv"
    if not path.is_file():
        raise ConfigurationError(
            f"{path} is not there. It lists the organizations to load; see README.md, “Your own data”."
        )
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in REQUIRED_COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise ConfigurationError(f"{path}, line 1: the column {missing[0]} is missing.")
        organizations = [_organization(row, f"{path}, line {reader.line_num}") for row in reader]
    seen: dict[str, str] = {}
    for organization in organizations:
        name = organization.organization_id
        # settings are told apart by letters and digits alone, whatever their case
        folded = re.sub(r"[^a-z0-9]", "_", name.lower())
        if folded in seen:
            problem = "stands twice" if seen[folded] == name else f"has the settings' names of {seen[folded]!r}"
            raise ConfigurationError(f"{path}: organization_id {name!r} {problem}.")
        seen[folded] = name
    return organizations


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


def _organization(row: dict[str, str | None], where: str) -> Organization:
    values = {name: (value or "").strip() for name, value in row.items() if name}
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", values["organization_id"]):
        raise ConfigurationError(
            f"{where}: organization_id is {values['organization_id']!r}; it must be letters and digits, "
            "with _ . or - between them."
        )
    if values["status"] not in STATUSES:
        raise ConfigurationError(f"{where}: status is {values['status']!r}; it must be one of {', '.join(STATUSES)}.")
    if values["sync_orders"].lower() not in BOOLEANS:
        raise ConfigurationError(f"{where}: sync_orders is {values['sync_orders']!r}; it must be true or false.")
    if values.get("timing_rule") not in (None, "", "rank_then_validate", "validate_then_rank"):
        raise ConfigurationError(
            f"{where}: timing_rule is {values['timing_rule']!r}; it must be rank_then_validate, validate_then_rank "
            "or empty."
        )
    if values.get("address_max_tier") not in (None, "", "1", "2", "3", "4", "5"):
        raise ConfigurationError(f"{where}: address_max_tier is {values['address_max_tier']!r}; it must be 1 to 5.")
    publish_to = tuple(tool.strip() for tool in (values.get("publish_to") or "").split("|") if tool.strip())
    for tool in publish_to:
        if tool not in TOOLS:
            raise ConfigurationError(
                f"{where}: publish_to has {tool!r}; it must be of {', '.join(TOOLS)}, with | between."
            )
    share = values.get("global_holdout_share") or "0"
    try:
        global_holdout_share = float(share)
    except ValueError:
        global_holdout_share = -1.0
    if not 0 <= global_holdout_share < 1:
        raise ConfigurationError(f"{where}: global_holdout_share is {share!r}; it must be a number from 0 to below 1.")
    return Organization(
        organization_id=values["organization_id"],
        name=values["name"],
        status=values["status"],
        sync_orders=BOOLEANS[values["sync_orders"].lower()],
        provider=values["provider"],
        publish_to=publish_to,
        global_holdout_share=global_holdout_share,
    )
