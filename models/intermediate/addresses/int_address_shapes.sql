-- One row per language group and shape that occurs: how many words to skip and to take for each part of an
-- address, and the shape of its unit. The grammar works on shapes since they are few: millions of addresses have
-- some thousand.
with
parted as (select * from {{ ref('int_address_shapes__parted') }}),

streets as (
    select
        *,
        {% for part in ['predirectional', 'core', 'type'] %}
        coalesce({{ part_of_form('street', 'street_form', street_forms(), part) }}, '') as {{ part }},
        {% endfor %}
        coalesce({{ part_of_form('street', 'street_form', street_forms(), 'postdirectional') }}, '') as postdirectional
    from parted
),

placed as (
    select
        *,
        length(before) + case when form = 'number_last' then 0 else length(number) + length(suffix) + length(gap) end
            as street_at,
        length(before) + case when form = 'number_last' then length(street) + length(gap) else 0 end as number_at
    from streets
),

measured as (
    select
        language_group,
        shape,
        has_compound_types,
        form,
        number_at,
        length(number) + length(suffix) as number_length,
        street_at as predirectional_at,
        length(predirectional) as predirectional_length,
        street_at + length(predirectional)
        + case when street_form = 'leading_type' then length(type) else 0 end as core_at,
        length(core) as core_length,
        street_at + length(predirectional)
        + case when street_form = 'leading_type' then 0 else length(core) end as type_at,
        length(type) as type_length,
        street_at + length(predirectional) + length(core) + length(type) as postdirectional_at,
        length(postdirectional) as postdirectional_length,
        case
            when form = 'number_last'
                then repeat('z', number_at + length(number) + length(suffix))
                    || translate(rest, 'nailorsg', 'UUUUUUUU')
            -- in Britain, words in front of the number that name no building name who is there
            when form = 'number_within'
                and language_group in ('uk', 'ie')
                and before not like '%t'
                and before not like '%y'
                then translate(before, 'wldo', 'UUUU') || repeat('z', length(number) + length(suffix)) || gap || street
                    || rest
            else before || repeat('z', length(number) + length(suffix)) || gap || street || rest
        end as unit_shape
    from placed
),

with_units as (
    select
        *,
        {{ matches('unit_shape', '[UVFB]') }} as has_unit,
        -- most units are one word: its place, and what its kind puts in front of it
        length({{ regexp_group('unit_shape', '^([^UVFB]*[UVFB])[^UVFB]*$', 1) }}) as only_unit_at,
        case {{ regexp_group('unit_shape', '[UVFB]', 0) }}
            when 'F' then '.FL'
            when 'B' then '.B'
            else '.'
        end as unit_prefix
    from measured
)

select * from with_units
