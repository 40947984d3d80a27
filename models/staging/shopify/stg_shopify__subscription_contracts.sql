-- One row per version of a subscription contract.
{% set contract_fields = ['status', 'createdAt', 'updatedAt', 'customer'] %}

with
versions as (
    select
        *,
        {{ json_fields('payload', contract_fields) }} as contract
    from {{ source('raw_shopify', 'subscription_contracts') }}
),

renamed as (
    select
        organization_id,
        object_id as subscription_id,
        payload_hash,
        {{ json_text('contract.customer', '$.legacyResourceId') }} as customer_id,
        {{ trimmed(json_text('contract.customer', '$.defaultEmailAddress.emailAddress')) }} as email,
        contract.status,
        {{ utc_time('contract.createdAt') }} as started_at,
        {{ utc_time('contract.updatedAt') }} as updated_at,
        loaded_at
    from versions
)

select * from renamed
