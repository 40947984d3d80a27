-- One row per recipient and reading (`latest` for credit, `as_assigned` for lift) with its keys and its household. Of
-- whom one row of one file says all, both readings are one.
{{ config(materialized='view') }}
with
keyed {{ inlined() }} (select * from {{ ref('int_recipients__keyed') }}),

restated as (
    select *
    from keyed
    where reading = 'as_assigned'
),

identifiers as (
    select
        {{ keyed_recipient_columns() | join(', ') }},
        reading
    from keyed
    union all
    select
        {{ keyed_recipient_columns() | join(', ') }},
        'as_assigned' as reading
    from keyed
    where reading = 'latest'
        and not exists (
            select 1
            from restated
            where restated.organization_id = keyed.organization_id
                and restated.campaign_id = keyed.campaign_id
                and restated.recipient_id = keyed.recipient_id
        )
)

select * from identifiers
