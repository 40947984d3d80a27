-- One row per order whose keys a tick makes: those that it read, and all of an organization whose country changed, or
-- all there are where the vocabulary did.
with
to_key as (
    select
        organization_id,
        order_id
    from {{ ref('int_orders__to_read') }}
    union
    select
        organization_id,
        order_id
    from {{ ref('int_orders__unioned') }}
    where organization_id in (
            select organization_id
            from {{ ref('int_build__changed_settings') }}
            where kind = 'key'
        )
)

select * from to_key
where {{ only_in_ticks() }}
