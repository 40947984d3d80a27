-- One row per customer profile of ODP: what mail is credited with of the customer. One identifier each, for a wrong
-- second one would merge two people for good.
{% set payload = [
        'identifier_type', 'identifier', 'dm_last_campaign_id', 'dm_last_match_method', 'dm_credited_orders',
        'dm_credited_amount', 'dm_last_credited_at',
] %}

with
customers as (
    select *
    from {{ ref('int_customers__credited') }}
    where {{ publishes_to('odp') }}
),

keyed as (
    select
        organization_id,
        {{ sync_key('profile', ['identifier_type', 'md5(identifier)']) }} as sync_key,
        {{ object_columns() | indent(8) }},
        identifier_type,
        identifier,
        {{ told_credit('last_campaign_id') }} as dm_last_campaign_id,
        {{ told_credit('last_match_method') }} as dm_last_match_method,
        credited_orders as dm_credited_orders,
        cast(credited_amount as decimal(18, 4)) as dm_credited_amount,
        last_credited_at as dm_last_credited_at
    from customers
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
