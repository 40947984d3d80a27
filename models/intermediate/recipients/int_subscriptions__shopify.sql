-- One row per subscription at Shopify: a contract, or, of customers without one, what the orders of an app tell.
with
released_contracts as (
    {{ released_rows(ref('stg_shopify__subscription_contracts'), ref('stg_ops__held_organizations')) | indent(4) }}
),

contracts as (
    select *
    from released_contracts
    qualify
        row_number() over (
            partition by organization_id, subscription_id
            order by updated_at desc, loaded_at desc, payload_hash
        ) = 1
),

unioned as (
    select
        organization_id,
        subscription_id,
        customer_id,
        email,
        started_at,
        case when status in ('CANCELLED', 'EXPIRED', 'FAILED') then updated_at end as ended_at
    from contracts
    where is_held_back is not true
    union all
    select subscribers.*
    from {{ ref('int_subscribers__shopify') }} as subscribers
    left join contracts
        on subscribers.organization_id = contracts.organization_id
        and subscribers.customer_id = contracts.customer_id
    where contracts.customer_id is null
)

select * from unioned
