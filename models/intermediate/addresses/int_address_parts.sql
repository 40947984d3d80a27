-- One row per distinct address: the text of each part, taken from its words as its shape says.
{{ config(materialized='view') }}
with
addresses as (
    select
        address_id,
        country,
        language_group,
        address_postcode,
        address_city,
        shape,
        {{ word_list('words') }} as words
    from {{ ref('int_address_words') }}
),

shapes as (select * from {{ ref('int_address_shapes') }}),

parts as (
    select
        addresses.address_id,
        addresses.country,
        addresses.language_group,
        addresses.address_postcode,
        addresses.address_city,
        shapes.form,
        {% for part in ['number', 'predirectional', 'core', 'type', 'postdirectional'] %}
        case
            when shapes.{{ part }}_length > 0
                then {{ joined_words('addresses.words', 'shapes.' ~ part ~ '_at', 'shapes.' ~ part ~ '_length') }}
            else ''
        end as {{ part }},
        {% endfor %}
        case
            when shapes.has_compound_types and shapes.core_length > 0 and shapes.type_length = 0
                then {{ joined_words('addresses.words', 'shapes.core_at + shapes.core_length - 1', '1') }}
        end as last_core_word,
        shapes.core_length,
        case
            when shapes.only_unit_at > 0
                then shapes.unit_prefix || {{ joined_words('addresses.words', 'shapes.only_unit_at - 1', '1') }}
            when shapes.has_unit
                then {{ words_of_unit('addresses.words', 'shapes.unit_shape') }}
            else ''
        end as unit
    from addresses
    inner join shapes
        on addresses.language_group = shapes.language_group
        and addresses.shape = shapes.shape
)

select * from parts
