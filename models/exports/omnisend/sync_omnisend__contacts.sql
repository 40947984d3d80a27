-- One row per contact of Omnisend: what mail is credited with of the customer, by e-mail or else phone. No consent is
-- ever sent: a contact keeps the one it has.
{% set payload = [
        'identifier_type', 'identifier', 'dm_last_campaign_id', 'dm_last_match_method', 'dm_credited_orders',
        'dm_credited_amount', 'dm_last_credited_at',
] %}

with
customers as (
    select *
    from {{ ref('int_customers__credited') }}
    where {{ publishes_to('omnisend') }} and identifier_type in ('email', 'phone')
),

keyed as (
    select
        organization_id,
        {{ sync_key('contact', ['identifier_type', 'md5(identifier)']) }} as sync_key,
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
