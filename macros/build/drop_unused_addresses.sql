-- What an order or a recipient was the last to have is forgotten with it: of the addresses that one had when the last
-- build ended, those that nobody has now.
{% macro drop_unused_addresses() -%}
    {%- set orders = as_built('int_order_identifiers') -%}
    {%- set recipients = as_built('int_recipients__keyed') -%}
    {%- if load_relation(before(orders)) is not none and load_relation(before(recipients)) is not none %}
    delete from {{ as_built('int_addresses') }}
    where address_id in (
        select address_id from {{ before(orders) }}
        union
        select billing_address_id from {{ before(orders) }}
        union
        select address_id from {{ before(recipients) }}
        union
        select address_id from ops.built_parties
    )
    and not exists (select 1 from {{ orders }} as used where used.address_id = int_addresses.address_id)
    and not exists (select 1 from {{ orders }} as used where used.billing_address_id = int_addresses.address_id)
    and not exists (select 1 from {{ recipients }} as used where used.address_id = int_addresses.address_id)
    and not exists (
        select 1
        from {{ as_built('int_exclusion_keys') }} as used
        where used.address_id = int_addresses.address_id
    )
    and address_id not in (
        select {{ address_id() }} as used_id
        from {{ as_built('int_audience_members') }}
        where {{ address_id() }} is not null
    );
    {%- endif -%}
{%- endmacro %}
