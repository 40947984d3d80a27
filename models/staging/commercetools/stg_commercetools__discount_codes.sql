-- One row per version of a discount code.
{% set fields = {
        'discount_code_id': ['id', 'object_id', 'required'],
        'code': ['text', json_text('payload', '$.code'), 'required'],
} %}

with
versions as (select * from {{ source('raw_commercetools', 'discount_codes') }}),

typed as (
    {{ typed_rows('versions', fields) | indent(4) }}
),

renamed as (
    select
        organization_id,
        object_id as discount_code_id,
        payload_hash,
        code,
        unreadable_fields,
        is_held_back,
        changed_at as updated_at,
        loaded_at
    from typed
)

select * from renamed
