-- One row per order that was deleted, by the message that says so. There is no mark for test orders: they are deleted.
with
messages as (
    select
        organization_id,
        loaded_at,
        {{ json_fields('payload', ['type', 'resource']) }} as message
    from {{ source('raw_commercetools', 'messages') }}
),

deleted as (
    select
        organization_id,
        {{ json_text('message.resource', '$.id') }} as order_id,
        min(loaded_at) as loaded_at
    from messages
    where message.type = 'OrderDeleted'
    group by organization_id, order_id
)

select * from deleted
where order_id is not null
