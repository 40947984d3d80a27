-- One row per language group and shape that occurs: the form of its sentence, and which part of the shape is what.
-- Where no form fits, `form` and the parts are null.
with
marked as (select * from {{ ref('int_address_shapes__marked') }}),

formed as (
    select
        *,
        {{ first_form('marked_shape', address_forms()) }} as form
    from marked
),

parted as (
    select
        language_group,
        shape,
        marked_shape,
        has_compound_types,
        form,
        {% for part in ['before', 'number', 'suffix', 'gap', 'rest'] %}
        {{ part_of_form('marked_shape', 'form', address_forms(), part) }} as {{ part }},
        {% endfor %}
        {{ part_of_form('marked_shape', 'form', address_forms(), 'street') }} as street
    from formed
),

street_formed as (
    select
        *,
        {{ first_form('street', street_forms()) }} as street_form
    from parted
)

select * from street_formed
