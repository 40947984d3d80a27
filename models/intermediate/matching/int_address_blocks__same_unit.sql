-- One row per address of orders and other address of a campaign that agree in country, postcode, unit and number,
-- or one of whose numbers is a range that holds the other: those whose streets tiers 2 and 3 compare. No postcode has
-- more than a thousand streets with one number: what seems so is no block, and its addresses match by equality alone.
{{ config(materialized='view') }}
{% set block = [
    'organization_id', 'campaign_id', 'address_country', 'address_postcode', 'address_number', 'address_unit',
] %}
with
orders {{ inlined() }} (
    select orders.*
    from {{ ref('int_order_addresses') }} as orders
    inner join {{ ref('int_organizations') }} as organizations
        on orders.organization_id = organizations.organization_id
        and organizations.address_max_tier >= 2
    where orders.address_key is not null
),

crowded_blocks as (
    select {{ block | join(', ') }}
    from {{ ref('int_campaign_addresses') }}
    where address_key is not null
    group by {{ block | join(', ') }}
    having count(*) > {{ var('bounds')['most_recipients_per_key'] }}
),

campaigns {{ inlined() }} (
    select addresses.*
    from {{ ref('int_campaign_addresses') }} as addresses
    left join crowded_blocks
        on addresses.organization_id = crowded_blocks.organization_id
        {% for part in block if part != 'organization_id' %}
        and addresses.{{ part }} = crowded_blocks.{{ part }}
        {% endfor %}
    where addresses.address_key is not null and crowded_blocks.organization_id is null
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
