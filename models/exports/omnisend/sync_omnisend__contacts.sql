-- One row per contact of Omnisend: what mail is credited with of the customer, by e-mail or else phone. No consent is
-- ever sent: a contact keeps the one it has.
{% set payload = ['identifier_type', 'identifier'] + credit_attributes() %}

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
        {{ payload | join(',\n        ') }}
    from customers
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
