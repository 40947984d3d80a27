"""What could not be read: how many rows are held back, by organization and source. Never a value of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dlt_pipelines.database import landed_rows
from dlt_pipelines.ops import naive

# what the last build found
BY_ORGANIZATION = """
select
    organization_id,
    source,
    count(distinct (entity, id)) filter (is_held_back),
    count(*) filter (not is_held_back)
from marts.fct_held_back_rows
group by organization_id, source
order by organization_id, source
"""
# what was landed, by the views that read it; they are there after the first build
LANDED = """
select organization_id, '{source}', count(*) filter (is_held_back), count(*) filter (not is_held_back)
from (
    select *
    from staging.{view}
    where loaded_at >= ?
    qualify row_number() over (partition by organization_id, {key} order by loaded_at desc, payload_hash) = 1
) as latest
where unreadable_fields is not null
group by organization_id
"""
ORDER_VIEWS = {
    "klaviyo": ("stg_klaviyo__order_events", "event_id"),
    "ometria": ("stg_ometria__orders", "order_id"),
    "shopify": ("stg_shopify__orders", "order_id"),
    "commercetools": ("stg_commercetools__orders", "order_id"),
}
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class HeldBack:
    """What could not be read of an organization's rows from one source.

    Attributes:
        organization_id: Whose.
        source: From where.
        rows: Rows that take part in nothing.
        fields: Other fields that count as empty.
    """

    organization_id: str
    source: str
    rows: int
    fields: int

    def sentence(self) -> str:
        """What that is, in words, and where it is named."""
        return (
            f"{self.organization_id}, {self.source}: {self.rows:,} rows are held back and {self.fields:,} other fields "
            "count as empty, for they cannot be read: marts.fct_held_back_rows names them."
        )


def found_by_the_last_build(database: Path) -> list[HeldBack]:
    """What the last build could not read; nothing before the first one.

    Raises:
        MatchbackError: Another process is writing the database.
    """
    return [HeldBack(*row) for row in landed_rows(database, BY_ORGANIZATION)]


def found_in_what_was_landed(database: Path, since: datetime = BEFORE_ALL) -> list[HeldBack]:
    """What cannot be read of the providers' orders as they were landed last; nothing before the first build.

    Args:
        database: The workspace's.
        since: Only of what was landed from then on, aware.

    Raises:
        MatchbackError: Another process is writing the database.
    """
    found = []
    for source, (view, key) in ORDER_VIEWS.items():
        sql = LANDED.format(source=source, view=view, key=key)
        found += [HeldBack(*row) for row in landed_rows(database, sql, [naive(since)])]
    return sorted(found, key=lambda one: (one.organization_id, one.source))
