-- One row per customer profile of ODP: what mail is credited with of the customer. One identifier each, for a wrong
-- second one would merge two people for good.
{% set payload = ['identifier_type', 'identifier'] + credit_attributes() %}

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
        {{ payload | join(',\n        ') }}
    from customers
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
