-- One row per language group and word that its addresses know, with the letter of its class. A group's own words
-- come before those of the groups it extends, and these in their order.
with
vocabulary as (select * from {{ ref('address_vocabulary') }}),

language_groups as (select * from {{ ref('address_language_groups') }}),

sources as (
    select
        language_group,
        {{ split_words("language_group || replace('|' || coalesce(extends, ''), '|', ' ')") }}
    from language_groups
),

known as (
    select
        sources.language_group,
        vocabulary.variant,
        coalesce(vocabulary.canonical, '') as canonical,
        case vocabulary.class
            {% for class, letter in address_word_classes().items() %}
            when '{{ class }}' then '{{ letter }}'
            {% endfor %}
        end as letter
    from sources
    inner join vocabulary on sources.word = vocabulary.language_group
    qualify row_number() over (partition by sources.language_group, vocabulary.variant order by sources.position) = 1
)

select * from known
