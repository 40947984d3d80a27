-- One row per version of a discount code.
{% set fields = {
        'discount_code_id': ['id', 'object_id', 'required'],
        'code': ['text', json_text('payload', '$.code'), 'required'],
} %}

with
versions as (select * from {{ source('raw_commercetools', 'discount_codes') }}),

worded as (
    select
        *,
        {{ said_fields(fields) | indent(8) }}
    from versions
),

typed as (
    select
        *,
        {{ read_fields(fields) | indent(8) }}
    from worded
),

renamed as (
    select
        organization_id,
        object_id as discount_code_id,
        payload_hash,
        code,
        {{ unreadable_fields(fields) | indent(8) }} as unreadable_fields,
        {{ is_held_back() }} as is_held_back,
        changed_at as updated_at,
        loaded_at
    from typed
)

select * from renamed
