-- One row per statement that a file in `subscriptions/` makes, or made in an earlier wording, about a subscription.
-- Values stay text as stated: null says nothing, an empty text clears.
{% set columns = [
        'subscription_id',
        'started_at',
        'ended_at',
        'customer_id',
        'email',
] %}

with
statements as (
    select
        *,
        {{ json_fields('payload', columns) }} as fields
    from {{ ref('stg_files__rows') }}
    where entity = 'subscriptions'
),

columns_of_statements as (
    select
        organization_id,
        fields.subscription_id,
        fields.started_at,
        fields.ended_at,
        fields.customer_id,
        fields.email,
        file_name,
        file_read,
        row_number,
        is_current,
        said_at,
        loaded_at
    from statements
)

select * from columns_of_statements
