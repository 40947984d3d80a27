"""`matchback mailing-list`: draws the arms of a campaign's audience, each once and for good, and writes the list.

The unit of the draw is the household, so that nobody's spouse gets the card that he or she is held out from. A
household's arm is a hash of a secret salt, the campaign and the household; it is recorded in `ops.assignments`,
and what is recorded is never drawn again.
"""

from __future__ import annotations

import csv
import hashlib
import secrets
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from dlt_pipelines import console
from dlt_pipelines.config import Workspace, file_name_of
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.organizations import read_organizations
from dlt_pipelines.storage import replaced
from dlt_pipelines.wording import cell_for_people, shown

DEFAULT_HOLDOUT_SHARE = 0.1
LIST_COLUMNS = (
    "organization_id",
    "campaign_id",
    "recipient_id",
    "first_name",
    "last_name",
    "company",
    "address1",
    "address2",
    "city",
    "region",
    "postal_code",
    "country",
)


@dataclass(frozen=True)
class _Campaign:
    organization_id: str
    campaign_id: str
    holdout_share: float


def draw(workspace: Workspace, campaign_id: str, organization_id: str | None) -> None:
    """Draws the audience members without an arm, and writes a CSV per draw with the mailed arm.

    Killed at any point and run again, it neither draws anybody twice nor loses a list.

    Args:
        workspace: Whose database and outbox.
        campaign_id: Which campaign.
        organization_id: Whose, where several organizations have one of that name.

    Raises:
        MatchbackError: The campaign is unknown, ambiguous, or has no audience.
    """
    shares = {one.organization_id: one.global_holdout_share for one in read_organizations(workspace.config)}
    with opened(workspace, read_only=False) as connection:
        campaign = _find_campaign(connection, campaign_id, organization_id)
        # before anybody is drawn: a list that cannot be written now will not be later either
        folder = _folder(workspace.outbox, campaign)
        eligible, left_out = _members(connection, campaign)
        connection.begin()
        held_out = _global_holdout(connection, campaign, eligible, shares.get(campaign.organization_id, 0.0))
        drawn = Counter(_assign(connection, campaign, [one for one in eligible if one[1] not in held_out]))
        connection.commit()
        left_out["global_holdout"] = sum(household in held_out for _, household in eligible)
        files = _write_lists(connection, folder, campaign)
    console.line(
        f"{shown(campaign.campaign_id)} of {campaign.organization_id}: {drawn.total():,} audience members drawn now."
    )
    console.line(
        f"  mailed {drawn['mailed']:,}, held out {drawn['holdout']:,} "
        f"(designed share {campaign.holdout_share:.1%}, by household)"
    )
    for reason, members in sorted(left_out.items()):
        if members:
            console.line(f"  left out of both arms, {reason}: {members:,}")
    for path in files:
        console.line(f"  list for the print house: {path}")
    if not files:
        console.line("  No new list; every list drawn before was already written.")


def _find_campaign(connection: duckdb.DuckDBPyConnection, campaign_id: str, organization_id: str | None) -> _Campaign:
    found = connection.execute(
        """
        select organization_id, campaign_id, holdout_share, audience_id is not null
        from marts.dim_campaigns
        where campaign_id = ? and coalesce(organization_id = ?, true)
        """,
        [campaign_id, organization_id],
    ).fetchall()
    if not found:
        raise MatchbackError(
            f"No campaign '{shown(campaign_id)}' was built. Put it into the inbox (campaigns/), then `matchback run`."
        )
    if len(found) > 1:
        names = ", ".join(sorted(row[0] for row in found))
        raise MatchbackError(
            f"{len(found)} organizations have a campaign '{shown(campaign_id)}': {names}. Add --organization."
        )
    owner, name, share, has_audience = found[0]
    if not has_audience:
        raise MatchbackError(
            f"The campaign '{shown(name)}' of {owner} names no audience. Set audience_provider and audience_id in its "
            "campaigns file; a campaign whose list comes as a recipients file was drawn by whoever wrote that file."
        )
    return _Campaign(owner, name, float(share) if share is not None else DEFAULT_HOLDOUT_SHARE)


def _members(connection: duckdb.DuckDBPyConnection, campaign: _Campaign) -> tuple[list[tuple[str, str]], Counter[str]]:
    """Recipient and household of the members who may be drawn, and a count of the others by reason."""
    rows = connection.execute(
        """
        select members.recipient_id, members.household_key, members.reason
        from intermediate.int_audience_eligibility as members
        left join ops.assignments as drawn using (organization_id, campaign_id, recipient_id)
        where members.organization_id = ? and members.campaign_id = ? and drawn.arm is null
        order by members.recipient_id
        """,
        [campaign.organization_id, campaign.campaign_id],
    ).fetchall()
    eligible = [(recipient, household) for recipient, household, reason in rows if reason is None]
    return eligible, Counter(reason for _, _, reason in rows if reason is not None)


def _global_holdout(
    connection: duckdb.DuckDBPyConnection, campaign: _Campaign, eligible: list[tuple[str, str]], share: float
) -> set[str]:
    """The households that no campaign of the organization mails; those not met before are drawn now."""
    salt_id, salt = _salt(connection)
    known = connection.execute(
        "select household_key, is_held_out from ops.global_holdouts where organization_id = ?",
        [campaign.organization_id],
    ).fetchall()
    new = sorted({household for _, household in eligible} - {household for household, _ in known}) if share else []
    now = _now()
    draws = [
        (campaign.organization_id, one, _is_below(share, salt, campaign.organization_id, one), share, salt_id, now)
        for one in new
    ]
    _insert(connection, "ops.global_holdouts", draws)
    return {household for household, is_held_out in known if is_held_out} | {draw[1] for draw in draws if draw[2]}


def _assign(connection: duckdb.DuckDBPyConnection, campaign: _Campaign, members: list[tuple[str, str]]) -> list[str]:
    """Records an arm for each member and returns the arms. A household drawn before keeps its arm."""
    salt_id, salt = _salt(connection)
    arms = dict(
        connection.execute(
            """
            select household_key, min(arm)
            from ops.assignments
            where organization_id = ? and campaign_id = ?
            group by household_key
            """,
            [campaign.organization_id, campaign.campaign_id],
        ).fetchall()
    )
    # later than every draw before it, whatever the clock says: builds look for what is newer than the newest they saw
    [(last_draw,)] = connection.execute("select max(assigned_at) from ops.assignments").fetchall()
    now = max(_now(), last_draw + timedelta(seconds=1)) if last_draw else _now()
    rows = []
    for recipient_id, household in members:
        is_held_out = _is_below(campaign.holdout_share, salt, campaign.organization_id, campaign.campaign_id, household)
        arm = arms.setdefault(household, "holdout" if is_held_out else "mailed")
        rows.append(
            (
                *(campaign.organization_id, campaign.campaign_id, recipient_id, household, arm),
                *(campaign.holdout_share, salt_id, now),
            )
        )
    _insert(connection, "ops.assignments", rows)
    return [row[4] for row in rows]


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Appends rows, in the table's column order."""
    if rows:
        columns = pa.table(
            [pa.array(list(values)) for values in zip(*rows, strict=True)], names=[f"c{i}" for i in range(len(rows[0]))]
        )
        connection.register("new_rows", columns)
        connection.execute(f"insert into {table} select * from new_rows")
        connection.unregister("new_rows")


def _salt(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The newest salt with its id; the first one is made here."""
    found = connection.execute(
        "select salt_id, salt from ops.salts order by created_at desc, salt_id limit 1"
    ).fetchone()
    if found:
        return found[0], found[1]
    salt_id, salt = secrets.token_hex(4), secrets.token_hex(32)
    connection.execute("insert into ops.salts values (?, ?, ?)", [salt_id, salt, _now()])
    return salt_id, salt


def _is_below(share: float, *parts: str) -> bool:
    """Whether the hash of the parts, read as a number from 0 to 1, is below a share."""
    digest = hashlib.sha256("|".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def _folder(outbox: Path, campaign: _Campaign) -> Path:
    """The folder of an organization's lists, which can be written.

    Raises:
        OSError: It cannot.
    """
    folder = outbox / "mailing_lists" / file_name_of(campaign.organization_id)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return folder


def _write_lists(connection: duckdb.DuckDBPyConnection, folder: Path, campaign: _Campaign) -> list[Path]:
    """Writes the list of each draw that has none yet, and returns the new ones."""
    columns = ", ".join(f"{'drawn' if name.endswith('_id') else 'members'}.{name}" for name in LIST_COLUMNS)
    rows = connection.execute(
        f"""
        select drawn.assigned_at, {columns}
        from ops.assignments as drawn
        left join intermediate.int_audience_members as members using (organization_id, campaign_id, recipient_id)
        where drawn.organization_id = ? and drawn.campaign_id = ? and drawn.arm = 'mailed'
        order by drawn.assigned_at, drawn.recipient_id
        """,
        [campaign.organization_id, campaign.campaign_id],
    ).fetchall()
    lists: dict[datetime, list[tuple[object, ...]]] = {}
    for assigned_at, *cells in rows:
        lists.setdefault(assigned_at, []).append(tuple(cells))
    written = []
    for assigned_at, members in lists.items():
        path = folder / f"{file_name_of(campaign.campaign_id)}-{assigned_at:%Y%m%dT%H%M%SZ}.csv"
        if not path.exists():
            _write_list(path, members)
            written.append(path)
    return written


def _write_list(path: Path, members: list[tuple[object, ...]]) -> None:
    with replaced(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(LIST_COLUMNS)
        writer.writerows([*map(cell_for_people, member)] for member in members)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
