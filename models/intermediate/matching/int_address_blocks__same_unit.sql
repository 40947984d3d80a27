-- One row per address of orders and other address of a campaign that agree in country, postcode, unit and number,
-- or one of whose numbers is a range that holds the other: those whose streets tiers 2 and 3 compare.
{{ config(materialized='view') }}
with
orders {{ inlined() }} (
    select orders.*
    from {{ ref('int_order_addresses') }} as orders
    inner join {{ ref('int_organizations') }} as organizations
        on orders.organization_id = organizations.organization_id
        and organizations.address_max_tier >= 2
    where orders.address_key is not null
),

campaigns {{ inlined() }} (
    select *
    from {{ ref('int_campaign_addresses') }}
    where address_key is not null
),

{% for side in ['orders', 'campaigns'] %}
{{ side }}_in_ranges as (
    select
        *,
        {{ numbers_of_range('address_range_start', 'address_range_end') }} as range_number
    from {{ side }}
    where address_range_end >= address_range_start and address_range_end - address_range_start <= 100
),

{% endfor %}
blocks as (
    {% for order_side, order_number, campaign_side, campaign_number in [
        ('orders', 'address_number', 'campaigns', 'address_number'),
        ('orders', 'address_number', 'campaigns_in_ranges', 'range_number'),
        ('orders_in_ranges', 'range_number', 'campaigns', 'address_number'),
    ] %}
    select
        {{ address_pair_columns() }}
    from {{ order_side }} as orders
    inner join {{ campaign_side }} as campaigns
        on orders.organization_id = campaigns.organization_id
        and orders.address_country = campaigns.address_country
        and orders.address_postcode = campaigns.address_postcode
        and orders.{{ order_number }} = campaigns.{{ campaign_number }}
        and orders.address_unit = campaigns.address_unit
        and orders.address_key <> campaigns.address_key
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from blocks
