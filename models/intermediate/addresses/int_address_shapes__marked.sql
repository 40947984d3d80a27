-- One row per language group and shape that occurs, with the units marked: U an id, V what continues it, F the id
-- of a floor, B that of a building, z a word used up. Every letter keeps its place.
with
shapes as (
    select distinct
        language_group,
        shape
    from {{ ref('int_address_words') }}
),

language_groups as (select * from {{ ref('address_language_groups') }}),

-- the letter of a number that stands apart belongs to it (22 B High Street), save in America, where it may be a name
lettered as (
    select
        shapes.language_group,
        shapes.shape,
        language_groups.number_position,
        language_groups.has_compound_types,
        case
            when language_groups.number_position = 'last'
                then {{ replaced_in_turn('shapes.shape', [
                    ('m([nar])', 'z\\1'), ('([na])l(,|$|[^a-z]|[nai])', '\\1g\\2')
                ]) }}
            when shapes.language_group = 'us' then shapes.shape
            else {{ regexp_replace_all('shapes.shape', '([na])l([wtypod])', '\\1g\\2') }}
        end as marked_shape
    from shapes
    inner join language_groups on shapes.language_group = language_groups.language_group
),

{% set steps = ['lettered'] + address_unit_rules() | list %}
{% for step, rules in address_unit_rules().items() %}
{{ step }} as (
    select
        language_group,
        shape,
        number_position,
        has_compound_types,
        case
            when number_position = 'last' then marked_shape
            else {{ replaced_in_turn('marked_shape', rules) }}
        end as marked_shape
    from {{ steps[loop.index0] }}
){{ ',' if not loop.last }}
{% endfor %}

select * from {{ steps | last }}
