-- One row per version of a discount code.
with
versions as (select * from {{ source('raw_commercetools', 'discount_codes') }}),

renamed as (
    select
        organization_id,
        object_id as discount_code_id,
        payload_hash,
        {{ trimmed(json_text('payload', '$.code')) }} as code,
        changed_at as updated_at,
        loaded_at
    from versions
)

select * from renamed
