-- One row per distinct address: its line as words that stand apart where they belong apart, and together where they
-- belong together, without postcode and city.
{{ config(materialized='view') }}
{% set kept %}
        address_id,
        country,
        language_group,
        folds_umlauts,
        address_postcode,
        written_postcode,
        address_city,
        folded_city
{%- endset %}

with
addresses as (select * from {{ ref('int_addresses__punctuated') }}),

-- 12HIGHROAD, APT5, 48S 400E, NINETY SIXTH, SOUTH WEST: words apart that belong apart, together that belong together
worded as (
    select
        {{ kept | trim }},
        case
            when {{ matches(
                'line', 'PO|P O|TY |[0-9][A-Z]{3}|[0-9][NSEW]( |$)|[A-Z]-?[0-9]|(^| )[NS] [EW]|(NORTH|SOUTH) (EAST|WEST)'
            ) }}
                then {{ replaced_in_turn('line', [
                    ('(^| )(?:P ?O|POST OFFICE) ?(?:BOX|B)( |[0-9])', '\\1POBOX \\2'),
                    ('(^| )(APT|UNIT|STE|SUITE|LOT|LT|PH|RM|BLDG|FLAT|IH|HWY)-?([0-9])', '\\1\\2 \\3'),
                    ('(^| )([0-9]+)([A-Z]{2,}?)(ROAD|STREET|AVENUE|LANE|DRIVE|CLOSE)( |$)', '\\1\\2 \\3 \\4\\5'),
                    ('(^| )([0-9]+)([\\p{L}]{3,})', '\\1\\2 \\3'),
                    ('(TWENTY|THIRTY|FORTY|FIFTY|SIXTY|SEVENTY|EIGHTY|NINETY) '
                        ~ '(FIRST|SECOND|THIRD|FOURTH|FIFTH|SIXTH|SEVENTH|EIGHTH|NINTH)( |$)', '\\1\\2\\3'),
                    ('([0-9])([NSEW])( |$)', '\\1 \\2\\3'),
                    ('(^| )([NS]) ([EW])( |$)', '\\1\\2\\3\\4'), ('(NORTH|SOUTH) (EAST|WEST)( |$)', '\\1\\2\\3'),
                ]) }}
            else line
        end as line
    from addresses
),

without_postcode as (
    select
        {{ kept | trim }},
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
