-- One row per word of an address, in order, in its canonical form with the mark of its class:
-- ~ a street type, ^ a directional, ! a unit designator, % a building or floor designator.
with
addresses as (select * from {{ ref('int_addresses__folded') }}),

groups as (
    select distinct
        country,
        language_group
    from {{ ref('country_language_groups') }}
),

vocabulary as (select * from {{ ref('address_vocabulary') }}),

words as (
    select
        addresses.address_id,
        groups.language_group,
        {{ split_words('addresses.lines') }}
    from addresses
    left join groups on addresses.country = groups.country
),

canonical as (
    select
        words.address_id,
        words.position,
        coalesce(vocabulary.canonical, words.word)
        || case vocabulary.class
            when 'street_type' then '~'
            when 'directional' then '^'
            when 'unit' then '!'
            when 'building' then '%'
            else ''
        end as word
    from words
    left join vocabulary
        on words.language_group = vocabulary.language_group
        and words.word = vocabulary.variant
    where words.word <> ''
)

select * from canonical
