-- One row per distinct address: its words in their canonical form, a blank between two (a word that is left out is
-- empty), and its shape, the letters of their classes.
with
addresses as (select * from {{ ref('int_addresses__folded') }}),

vocabulary as (
    select {{ lookup_index("language_group || ' ' || variant", "letter || canonical") }} as known_words
    from {{ ref('int_address_vocabulary') }}
),

split as (
    select
        addresses.address_id,
        addresses.country,
        addresses.language_group,
        addresses.address_postcode,
        addresses.address_city,
        {{ mapped_words(
            word_list('addresses.line'),
            "coalesce(" ~ looked_up('vocabulary.known_words', "addresses.language_group || ' ' || word") ~ ", "
            ~ word_by_form('word') ~ ")"
        ) }} as lettered_words
    from addresses
    cross join vocabulary
),

shaped as (
    select
        address_id,
        country,
        language_group,
        address_postcode,
        address_city,
        {{ joined_list(mapped_words('lettered_words', 'substr(word, 1, 1)'), '') }} as shape,
        {{ joined_list(mapped_words('lettered_words', 'substr(word, 2)'), ' ') }} as words
    from split
)

select * from shaped
