-- One row per distinct address: the parts and the keys the tiers compare. A part that cannot be told is null,
-- and so is the key: an address without postcode, number or street matches nobody.
with
folded as (select * from {{ ref('int_addresses__folded') }}),

lines as (select * from {{ ref('int_address_lines') }}),

cut as (
    select
        address_id,
        designated_unit,
        building,
        lone_unit,
        po_box,
        number,
        trim(street) as street,
        -- the last street type that is not the first word ends the street, its directional included
        {{ regexp_group('trim(street)', '^(.* [^ ]+~)( [A-Z]{1,2}[\\^])?( .*)?$', 1) }}
        || {{ regexp_group('trim(street)', '^.* [^ ]+~( [A-Z]{1,2}[\\^])?( .*)?$', 1) }} as typed_street,
        {{ regexp_group(
            'trim(street)',
            '^.* [^ ]+~(?: [A-Z]{1,2}[\\^])? ([0-9]{1,4}[A-Z]?|[A-Z][0-9]{0,4}|REAR|FRONT|UPPER|LOWER)$', 1
        ) }} as trailing_unit
    from lines
),

parts as (
    select
        folded.address_id,
        folded.country as address_country,
        folded.address_postcode,
        case when cut.po_box <> '' then 'PO' || cut.po_box else nullif(cut.number, '') end as address_number,
        {{ regexp_replace_all(
            "concat_ws('.', nullif(cut.building, ''),"
            ~ " coalesce(nullif(cut.designated_unit, ''), nullif(cut.lone_unit, ''), nullif(cut.trailing_unit, '')))",
            '(^|[.])0+([0-9])|-', '\\1\\2'
        ) }} as address_unit,
        case
            when cut.po_box <> '' then 'BOX'
            else nullif({{ regexp_replace_all(
                "coalesce(nullif(cut.typed_street, ''), cut.street)", '[~^!% -]', ''
            ) }}, '')
        end as address_street
    from folded
    left join cut on folded.address_id = cut.address_id
),

keyed as (
    select
        address_id,
        address_country,
        address_postcode,
        address_number,
        coalesce(address_unit, '') as address_unit,
        address_street,
        address_country || '|' || address_postcode || '|' || address_number || '|' || coalesce(address_unit, '')
        || '|' || address_street as address_key,
        address_country || '|' || address_postcode || '|' || address_number || '|' || address_street
            as address_building_key
    from parts
)

select * from keyed
