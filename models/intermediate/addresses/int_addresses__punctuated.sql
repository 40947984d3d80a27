-- One row per distinct address: its street lines as one line in upper case, without accents, dots and apostrophes; a
-- comma stands where a line or a comma part ends, and other signs are blanks.
-- Most lines need few of the rules, so each group of rules asks first for a character that it is about.
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
addresses as (select * from {{ ref('int_addresses__located') }}),

folded as (
    select
        {{ kept | trim }},
        {{ fold_accents("concat_ws(',', address1, address2)") }} as line
    from addresses
),

asked as (
    select
        *,
        {{ matches('line', '[^\\p{L}0-9 ]|[ºª]') }} as has_punctuation
    from folded
),

dotless as (
    select
        {{ kept | trim }},
        has_punctuation,
        case
            when has_punctuation then {{ replaced_in_turn('line', [
                ('[\\n\\r;]+', ','), ('(^| )(P|V|C|L)[.](ZZA|LE|SO|GO) ', '\\1\\2\\3 '), ('[.]([\\p{L}]{2})', ' \\1'), ("[.’‘`´]|''", ''), ('[ºª°]', ' '),
            ]) }}
            else line
        end as line
    from asked
),

unhyphened as (
    select
        {{ kept | trim }},
        has_punctuation,
        case
            when contains(line, '-') or contains(line, '/') or contains(line, ' TO ') then {{ replaced_in_turn('line', [
                ('([\\p{L}])[-/]+([\\p{L}])|([\\p{L}])/', '\\1\\3 \\2'),
                ('([0-9])(?: *- *| TO )([0-9])', '\\1-\\2'),
                ('(?:^| )[-/]+|[-/]+(?: |,|$)', ' '),
                ('([0-9])[-/]([\\p{L}])( |,|$)', '\\1\\2\\3'), ('([0-9])-([\\p{L}]{2})', '\\1 \\2'),
            ]) }}
            else line
        end as line
    from dotless
),

spaced as (
    select
        {{ kept | trim }},
        case
            when has_punctuation
                then {{ standing_alone(regexp_replace_all('line', '[^\\p{L}0-9#&,/ -]+', ' '), ['#', ',', '&']) }}
            else line
        end as line
    from unhyphened
)

select * from spaced
