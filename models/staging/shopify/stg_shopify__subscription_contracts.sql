-- One row per version of a subscription contract.
{% set contract_fields = ['status', 'createdAt', 'updatedAt', 'customer'] %}
{% set fields = {
        'subscription_id': ['id', 'object_id', 'required'],
        'customer_id': ['text', json_text('contract.customer', '$.legacyResourceId'), none],
        'email': ['text', json_text('contract.customer', '$.defaultEmailAddress.emailAddress'), none],
        'status': ['status', 'contract.status', 'decisive'],
        'started_at': ['time', 'contract.createdAt', 'required'],
        'updated_at': ['time', 'contract.updatedAt', none],
} %}
{% set parts = {'customer': ['object', 'contract.customer', none]} %}

with
versions as (
    select
        *,
        {{ json_fields('payload', contract_fields) }} as contract
    from {{ source('raw_shopify', 'subscription_contracts') }}
),

typed as (
    {{ typed_rows('versions', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        object_id as subscription_id,
        payload_hash,
        customer_id,
        email,
        status,
        unreadable_fields,
        is_held_back,
        started_at,
        updated_at,
        loaded_at
    from typed
)

select * from renamed
