-- One row per distinct address: its line in words, without postcode and city, umlauts folded where they may be.
{{ config(materialized='view') }}
with
worded as (select * from {{ ref('int_addresses__worded') }}),

without_postcode as (
    select
        address_id,
        country,
        language_group,
        folds_umlauts,
        address_postcode,
        address_city,
        folded_city,
        trim(case
            when address_postcode is not null and contains(line, written_postcode)
                then replace({{ regexp_replace_all("line || ' '", '  +', ' ') }}, ' ' || written_postcode || ' ', ' ')
            else {{ regexp_replace_all('line', '  +', ' ') }}
        end) as line
    from worded
),

without_city as (
    select
        address_id,
        country,
        language_group,
        address_postcode,
        address_city,
        case
            -- not in America, where the first street type ends the street, and a street may have the city's name
            when folded_city <> ''
                and language_group not in ('us', 'ca')
                and {{ ends_with('line', "' ' || folded_city") }}
                then left(line, length(line) - length(folded_city) - 1)
            else line
        end as line,
        folds_umlauts
    from without_postcode
),

spelt as (
    select
        address_id,
        country,
        language_group,
        address_postcode,
        address_city,
        case
            when folds_umlauts
                then replace(replace(replace(replace(line, 'AE', 'A'), 'OE', 'O'), 'UE', 'U'), 'AA', 'A')
            else line
        end as line
    from without_city
)

select * from spelt
