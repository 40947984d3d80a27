"""Figures about what was landed and what is to be published, a row per organization; nobody's data is in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from dlt_pipelines.ops import naive

# orders newer than this are looked at where a share is told, so that an old flaw does not sound for ever
RECENT_DAYS = 28
# below so many orders a day a quiet day is no news
ENOUGH_ORDERS_A_DAY = 10
# an amount is odd beyond so many times the brand's median in its currency: whatever the currency's unit, and whatever
# is sold; of fewer amounts a median tells nothing
ODD_TIMES, ENOUGH_AMOUNTS = 1_000, 20

# The orders of each source in their latest version: id, the e-mail and street to match by, currency, amount, times.
# Staging says nothing of files that were merged from several, so those are read as they were landed.
LANDED_ORDERS = {
    "klaviyo": """
        select
            organization_id, event_id as object_id, order_id, email, ship_address1 as street, currency,
            value_amount as total_amount, occurred_at as ordered_at
        from staging.stg_klaviyo__order_events
        where event_type = 'placed'
        qualify row_number() over (partition by organization_id, event_id order by loaded_at desc, payload_hash) = 1
    """,
    "files": """
        select
            organization_id, object_id, payload ->> '$.order_id' as order_id, payload ->> '$.email' as email,
            payload ->> '$.ship_address1' as street, payload ->> '$.currency' as currency,
            try_cast(payload ->> '$.total_amount' as decimal(18, 4)) as total_amount,
            try_cast(payload ->> '$.ordered_at' as timestamp) as ordered_at
        from raw_files.orders
        qualify
            row_number() over (
                partition by organization_id, object_id order by loaded_at desc, file_name desc, row_number desc
            ) = 1
            and not is_withdrawal
    """,
    **{
        source: f"""
            select
                organization_id, order_id as object_id, order_id, email, ship_address1 as street, currency,
                total_amount, ordered_at
            from staging.stg_{source}__orders
            qualify
                row_number() over (
                    partition by organization_id, order_id order by updated_at desc, loaded_at desc, payload_hash
                ) = 1
        """
        for source in ("ometria", "shopify", "commercetools")
    },
}
# one row per version: what landing promises
LANDED_VERSIONS = {
    "klaviyo": "select organization_id, object_id, payload_hash from raw_klaviyo.order_events",
    "files": """
        select organization_id, object_id, payload_hash || file_name || file_read || '/' || row_number as payload_hash
        from raw_files.orders
    """,
    **{
        source: f"select organization_id, object_id, payload_hash from raw_{source}.orders"
        for source in ("ometria", "shopify", "commercetools")
    },
}

USUAL_AMOUNTS = f"""
    select
        organization_id,
        currency,
        {ODD_TIMES} * median(abs(total_amount))::double as largest_amount
    from {{rows}}
    where total_amount <> 0
    group by organization_id, currency
    having count(*) >= {ENOUGH_AMOUNTS}
"""
METRICS = """
with
orders as ({orders}),

usual_amounts as ({usual_amounts}),

versions as (
    select
        organization_id,
        count(*) - count(distinct (object_id, payload_hash)) as versions_landed_twice
    from ({versions})
    group by organization_id
),

by_organization as (
    select
        orders.organization_id,
        count(*) as orders,
        count(*) filter (ordered_at >= $now - interval {recent} day) as recent_orders,
        avg((coalesce(order_id, '') = '')::int) as share_without_id,
        count(order_id) - count(distinct order_id) as orders_placed_twice,
        avg((total_amount is null)::int) as share_without_amount,
        avg((coalesce(orders.currency, '') = '')::int) as share_without_currency,
        avg((ordered_at is null)::int) as share_without_date,
        avg(coalesce(total_amount < 0 or total_amount > usual_amounts.largest_amount, false)::int)
            as share_of_odd_amounts,
        avg(coalesce(ordered_at < '1990-01-01' or ordered_at > $now + interval 1 day, false)::int)
            as share_of_odd_dates,
        avg((coalesce(email, '') <> '')::int) filter (ordered_at >= $now - interval {recent} day) as share_with_email,
        avg((coalesce(street, '') <> '')::int) filter (ordered_at >= $now - interval {recent} day)
            as share_with_street,
        count(*) filter (ordered_at >= $now - interval 1 day and ordered_at < $now) as orders_of_a_day,
        count(*) filter (ordered_at >= $now - interval {recent_and_one} day and ordered_at < $now - interval 1 day)
            / {recent} as mean_orders_a_day
    from orders
    left join usual_amounts
        on orders.organization_id = usual_amounts.organization_id
        and orders.currency is not distinct from usual_amounts.currency
    group by orders.organization_id
),

loads as (
    select
        organization_id,
        date_diff('minute', max(started_at) filter (error is null), $now) / 60 as hours_since_good_load
    from ops.loads
    where source = '{source}'
    group by organization_id
)

select
    wanted.organization_id,
    coalesce(by_organization.orders, 0) as orders,
    by_organization.* exclude (organization_id, orders, orders_of_a_day, mean_orders_a_day),
    coalesce(versions.versions_landed_twice, 0) as versions_landed_twice,
    case
        when by_organization.mean_orders_a_day >= {enough}
            then by_organization.orders_of_a_day / by_organization.mean_orders_a_day
    end as volume_ratio,
    coalesce(own_loads.hours_since_good_load, inbox_loads.hours_since_good_load) as hours_since_good_load
from (select unnest($organizations) as organization_id) as wanted
left join by_organization on wanted.organization_id = by_organization.organization_id
left join versions on wanted.organization_id = versions.organization_id
left join loads as own_loads on wanted.organization_id = own_loads.organization_id
left join loads as inbox_loads on inbox_loads.organization_id = '*'
order by wanted.organization_id
"""


def landed(connection: duckdb.DuckDBPyConnection, source: str, organizations: list[str], now: datetime) -> Any:
    """Figures about the landed orders of a source.

    Args:
        connection: To a database whose staging views are there.
        source: Which.
        organizations: Whose; each has a row, also where nothing was landed.
        now: The time of the check, aware.

    Returns:
        A pandas data frame, a row per organization. Shares are 0 to 1; null where there is nothing to tell a share of.
    """
    sql = METRICS.format(
        source=source,
        orders=LANDED_ORDERS[source],
        usual_amounts=USUAL_AMOUNTS.format(rows="orders"),
        versions=LANDED_VERSIONS[source],
        recent=RECENT_DAYS,
        recent_and_one=RECENT_DAYS + 1,
        enough=ENOUGH_ORDERS_A_DAY,
    )
    return connection.execute(sql, {"organizations": organizations, "now": naive(now)}).df()


# what the events of an order sum up to at each tool, beside what the models say is left of it; rows that are refused
# are not counted on either side
CONSERVED = {
    "sync_odp__order_events": """
        select
            events.organization_id,
            events.order_id,
            sum(case when events.action = 'purchase' then events.total_amount else -events.total_amount end)
                is distinct from max(orders.net_amount) as is_off
        from exports.sync_odp__order_events as events
        inner join intermediate.int_orders__published as orders using (organization_id, order_id)
        group by events.organization_id, events.order_id
        having count(events.reject_reason) = 0
    """,
    "sync_omnisend__order_events": """
        select
            events.organization_id,
            events.order_id,
            coalesce(sum(events.refunded_amount), 0) is distinct from max(
                case
                    when orders.refunded_amount is null and orders.status = 'refunded' then orders.total_amount
                    else coalesce(orders.refunded_amount, 0)
                end
            ) as is_off
        from exports.sync_omnisend__order_events as events
        inner join intermediate.int_orders__published as orders using (organization_id, order_id)
        group by events.organization_id, events.order_id
        having count(events.reject_reason) = 0
    """,
}
OUTGOING = """
with
rows_to_sync as (
    select * from exports.{model}
    where list_contains($organizations, organization_id)
),

conserved as ({conserved}),

amounts as ({amounts})

select
    rows_to_sync.organization_id,
    count(*) - count(distinct sync_key) as keys_twice,
    count(*) filter (sync_key is null or payload_hash is null) as rows_without_key,
    avg((reject_reason is not null)::int) as share_refused,
    {figures}
from rows_to_sync
group by rows_to_sync.organization_id
order by rows_to_sync.organization_id
"""
EVENT_FIGURES = """
    count(*) filter (coalesce(email, phone_number{customer_id}) is null) as events_without_identifier,
    avg(coalesce(occurred_at < '1990-01-01' or occurred_at > $now + interval 1 day, false)::int) as share_of_odd_dates,
    (
        select avg(is_odd::int)
        from amounts
        where amounts.organization_id = rows_to_sync.organization_id
    ) as share_of_odd_amounts,
    (
        select coalesce(avg(is_off::int), 0)
        from conserved
        where conserved.organization_id = rows_to_sync.organization_id
    ) as share_of_orders_off
"""
# the amounts of events; what is refused anyway, as other currencies at ODP, is neither usual nor odd for being large
EVENT_AMOUNTS = """
    select
        rows_to_sync.organization_id,
        rows_to_sync.total_amount is null
        or coalesce(rows_to_sync.reject_reason is null and abs(rows_to_sync.total_amount) > usual.largest_amount, false)
            as is_odd
    from rows_to_sync
    left join ({usual_amounts}) as usual
        on rows_to_sync.organization_id = usual.organization_id
        and {ours} is not distinct from usual.currency
"""


def outgoing(connection: duckdb.DuckDBPyConnection, model: str, organizations: list[str], now: datetime) -> Any:
    """Figures about the rows of a sync model.

    Args:
        connection: To a database in which it was built.
        model: Which.
        organizations: Whose; one without rows has none here.
        now: The time of the check, aware.

    Returns:
        A pandas data frame, a row per organization. Shares are 0 to 1.
    """
    parameters: dict[str, Any] = {"organizations": organizations}
    parts = {"conserved": "select 1", "amounts": "select 1", "figures": ""}
    if model in CONSERVED:
        parts, parameters = _parts_of_events(model), parameters | {"now": naive(now)}
    return connection.execute(OUTGOING.format(model=model, **parts), parameters).df()


def _parts_of_events(model: str) -> dict[str, str]:
    """What is told of the events of orders beyond what is told of every sync model, as SQL."""
    knows_currencies = not model.startswith("sync_odp")
    currency, ours = ("currency", "rows_to_sync.currency") if knows_currencies else ("null", "null")
    rows = (
        f"(select organization_id, {currency} as currency, total_amount from rows_to_sync where reject_reason is null)"
    )
    return {
        "conserved": CONSERVED[model],
        "amounts": EVENT_AMOUNTS.format(usual_amounts=USUAL_AMOUNTS.format(rows=rows), ours=ours),
        "figures": EVENT_FIGURES.format(customer_id="" if knows_currencies else ", customer_id"),
    }
