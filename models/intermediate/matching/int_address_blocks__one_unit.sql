-- One row per address of orders and address of a campaign that agree in country, postcode and number, and only one of
-- which names a unit: those whose streets tier 4 compares. Of the units at one door 25 are enough to show that the
-- door alone does not tell which is meant, so a tower block stays small. Never in Britain and Ireland, where a flat
-- and its house are two addresses.
{{ config(materialized='view') }}
with
organizations as (
    select *
    from {{ ref('int_organizations') }}
    where address_max_tier >= 4
),

{% for side, relation in {'orders': 'int_order_addresses', 'campaigns': 'int_campaign_addresses'}.items() %}
{{ side }} {{ inlined() }} (
    select addresses.*
    from {{ ref(relation) }} as addresses
    inner join organizations on addresses.organization_id = organizations.organization_id
    where addresses.address_key is not null and addresses.address_country not in ('GB', 'IE')
),
{% endfor %}

campaign_doors as (
    select *
    from campaigns
    where address_unit = ''
),

campaign_units as (
    select *
    from campaigns
    where address_unit <> ''
    qualify
        row_number() over (
            partition by
                organization_id, campaign_id, address_country, address_postcode, address_number, address_predirectional,
                address_street_core, address_street_type, address_postdirectional
            order by address_identity
        ) <= 25
),

blocks as (
    {% for campaign_side, condition in {'campaign_doors': "<> ''", 'campaign_units': "= ''"}.items() %}
    select
        {{ address_pair_columns() }}
    from orders
    inner join {{ campaign_side }} as campaigns
        on orders.organization_id = campaigns.organization_id
        and orders.address_country = campaigns.address_country
        and orders.address_postcode = campaigns.address_postcode
        and orders.address_number = campaigns.address_number
    where orders.address_unit {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from blocks
