-- One row per distinct address: a name of several words in its canonical form (MARTIN LUTHER KING is MLK), the
-- type split from a compound (HAUPTSTRASSE), the unit split from a number that holds it (3/45).
{{ config(materialized='view') }}
with
parts as (select * from {{ ref('int_address_parts') }}),

vocabulary as (
    select {{ lookup_index("language_group || ' ' || variant", "letter || canonical") }} as known_words
    from {{ ref('int_address_vocabulary') }}
),

known as (
    select
        parts.*,
        case
            when parts.last_core_word is not null
                then {{ compound_type('vocabulary.known_words', 'parts.language_group', 'parts.last_core_word') }}
        end as compound,
        case
            when parts.core_length > 1
                then {{ looked_up('vocabulary.known_words', "parts.language_group || ' ' || parts.core") }}
        end as known_name,
        {{ number_before_unit('first') }} as first_number,
        {{ number_before_unit('second') }} as second_number
    from parts
    cross join vocabulary
),

canonical as (
    select
        address_id,
        country,
        language_group,
        address_postcode,
        address_city,
        form,
        predirectional,
        case
            when compound is not null then left(core, length(core) - cast(left(compound, 1) as integer))
            when substr(known_name, 1, 1) in ('w', 'o') then substr(known_name, 2)
            else core
        end as core,
        coalesce(substr(compound, 2), type) as type,
        postdirectional,
        case
            when second_number = '' then number
            when language_group in ('de', 'pl', 'hu') then first_number
            else second_number
        end as number,
        case
            when second_number = '' then unit
            when language_group in ('de', 'pl', 'hu') then '.' || second_number || unit
            else '.' || first_number || unit
        end as unit
    from known
)

select * from canonical
