-- One row per distinct address: the parts and the keys that the tiers compare. A part that an address lacks is
-- empty; the keys are null where it has no number, no street or no postcode. `address_place_key` stands in for the key
-- where only the postcode is missing: the place by its city, which tier 5 alone compares.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_addresses__distinct', 'keys': ['address_id']},
) }}
{{ after('int_addresses__distinct') }}
with
parts as (select * from {{ ref('int_address_parts__canonical') }}),

named as (
    select
        address_id,
        country as address_country,
        coalesce(address_postcode, '') as address_postcode,
        coalesce(address_city, '') as address_city,
        case when left(number, 1) = '0' then {{ number_text('number') }} else number end as address_number,
        -- the elements in one order, save where the order is the floor's and the door's
        case
            when unit = '' then ''
            when {{ matches('unit', '^[.][1-9A-Z][0-9A-Z]*$') }} then substr(unit, 2)
            when form = 'number_last' then {{ unit_text('unit') }}
            else {{ unit_text(sorted_elements('unit')) }}
        end as address_unit,
        predirectional as address_predirectional,
        case when form = 'box' then 'PO BOX' when core = '' then type else core end as address_street_core,
        case when core = '' then '' else type end as address_street_type,
        postdirectional as address_postdirectional
    from parts
),

ranged as (
    select
        *,
        {% for end, group in {'low': 1, 'high': 2}.items() %}
        case
            when contains(address_number, '-')
                then {{ regexp_group('address_number', '^([0-9]{1,9})[A-Z]?-([0-9]{1,9})[A-Z]?$', group) }}
        end as {{ end }}_number,
        {% endfor %}
        nullif(
            address_predirectional || address_street_core || address_street_type || address_postdirectional, ''
        ) as street
    from named
),

keyed as (
    select
        address_id,
        address_country,
        nullif(address_postcode, '') as address_postcode,
        nullif(address_city, '') as address_city,
        nullif(address_number, '') as address_number,
        address_unit,
        address_predirectional,
        nullif(address_street_core, '') as address_street_core,
        address_street_type,
        address_postdirectional,
        -- 8938-40 ends at 8940
        case when high_number <> '' then cast(low_number as bigint) end as address_range_start,
        case
            when high_number <> ''
                then cast({{ completed_number('high_number', 'low_number') }} as bigint)
        end as address_range_end,
        address_country || '|' || nullif(address_postcode, '') || '|' || nullif(address_number, '')
        || '|' || address_unit || '|' || street as address_key,
        address_country || '|' || nullif(address_postcode, '') || '|' || nullif(address_number, '')
        || '|' || street as address_building_key,
        case
            when address_postcode = ''
                then address_country || '||' || nullif(address_number, '') || '|' || address_unit || '|' || street
                    || '|' || nullif(address_city, '')
        end as address_place_key
    from ranged
)

select * from keyed
