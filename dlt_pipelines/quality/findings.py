"""What is worth a look in the landed orders and no gate can judge: a sentence each, which quotes nobody's data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from dlt_pipelines.config import PROJECT_ROOT
from dlt_pipelines.database import landed_rows
from dlt_pipelines.organizations import Organization
from dlt_pipelines.quality.metrics import LANDED_ORDERS
from dlt_pipelines.wording import shown

# an e-mail of more orders than that is hardly one person's: a till's, a clerk's, a marketplace's
SHARE_OF_STAND_INS, ENOUGH_ORDERS = 0.01, 50
PLACEHOLDERS = PROJECT_ROOT / "seeds" / "reference" / "unmatchable_emails.csv"

STAND_INS = """
with
orders as ({orders}),

keyed as (
    select
        organization_id,
        order_id,
        lower(regexp_replace(email, '[\\s\\p{{Z}}\\p{{Cc}}\\p{{Cf}}]', '', 'g')) as email_key,
        count(*) over (partition by organization_id) as orders_of_brand
    from orders
    where list_contains($organizations, organization_id)
)

select organization_id, min(order_id), count(*) as orders, orders_of_brand
from keyed
where email_key like '%_@_%._%'
    and email_key not in (select value from read_csv($placeholders) where kind = 'address')
    and split_part(email_key, '@', 1) not in (select value from read_csv($placeholders) where kind = 'local_part')
    and split_part(email_key, '@', 2) not in (select value from read_csv($placeholders) where kind = 'domain')
group by organization_id, email_key, orders_of_brand
having count(*) >= {enough} and count(*) > {share} * orders_of_brand
order by organization_id, orders desc, email_key
"""
OTHER_CURRENCIES = """
select organization_id, currency, count(*) as orders, sum(count(*)) over (partition by organization_id)
from ({orders})
where list_contains($organizations, organization_id)
group by organization_id, currency
order by organization_id, orders desc, currency
"""

# the arms may have come in one file and the mail house's log in another
LATE_ARMS = """
select organization_id, campaign_id
from intermediate.int_recipients__latest
where sent_at is not null
group by all
having bool_and(created_at > sent_at)
order by all
"""

ODD_REFUNDS = """
select problem, organization_id, provider, count(*)
from marts.fct_odd_refunds
group by all
order by all
"""
ODD_REFUNDS_SAY = {
    "no_such_order": "refunds name {:,} orders that nobody knows, and count for nothing",
    "more_than_total": "of {:,} orders more was paid back than they cost",
}


def odd_refunds(database: Path) -> list[str]:
    """A sentence for each brand and kind of refund that cannot be right, as of the last build.

    Raises:
        MatchbackError: Another process is writing the database.
    """
    return [
        f"organization {name}, {source}: {ODD_REFUNDS_SAY[problem].format(orders)}; marts.fct_odd_refunds has them."
        for problem, name, source, orders in landed_rows(database, ODD_REFUNDS)
    ]


def late_arms(database: Path) -> list[str]:
    """A sentence for each campaign all of whose recipients were created after they were sent, as of the last build.

    Raises:
        MatchbackError: Another process is writing the database.
    """
    return [
        f"organization {name}: all recipients of the campaign '{shown(campaign_id)}' have a created_at after they were "
        "sent. It is when the arm was assigned, before the mail, and lift counts from it; mend it in recipients/."
        for name, campaign_id in landed_rows(database, LATE_ARMS)
    ]


def found(connection: duckdb.DuckDBPyConnection, source: str, organizations: list[Organization]) -> Iterator[str]:
    """Sentences about the landed orders of a source.

    Args:
        connection: To a database whose staging views are there.
        source: Which.
        organizations: Whose.
    """
    names = {one.organization_id: one.currency for one in organizations}
    orders = LANDED_ORDERS[source]
    stand_ins = STAND_INS.format(orders=orders, enough=ENOUGH_ORDERS, share=SHARE_OF_STAND_INS)
    parameters = {"organizations": list(names), "placeholders": str(PLACEHOLDERS)}
    for name, order_id, shared_by, of in connection.execute(stand_ins, parameters).fetchall():
        yield (
            f"organization {name}, {source}: {shared_by:,} of {of:,} orders have one e-mail, that of the order "
            f"'{shown(order_id)}'. If it stands in for buyers without one, add it to the seed unmatchable_emails."
        )
    currencies = OTHER_CURRENCIES.format(orders=orders)
    for name, currency, written_in, of in connection.execute(currencies, {"organizations": list(names)}).fetchall():
        if names[name] and currency and currency != names[name] and written_in > of / 2:
            yield (
                f"organization {name}, {source}: {written_in:,} of {of:,} orders are in {shown(currency)}, and its "
                f"currency is {names[name]}. Money is summed in the currency of the campaign alone; see whether the "
                "currency in organizations.csv is right."
            )
