-- One row per distinct address: its line as words that stand apart where they belong apart, and together where they
-- belong together.
{{ config(materialized='view') }}
with
addresses as (select * from {{ ref('int_addresses__punctuated') }}),

-- 12HIGHROAD, APT5, 48S 400E, NINETY SIXTH, SOUTH WEST: words apart that belong apart, together that belong together
worded as (
    select
        address_id,
        country,
        language_group,
        folds_umlauts,
        address_postcode,
        written_postcode,
        address_city,
        folded_city,
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
)

select * from worded
