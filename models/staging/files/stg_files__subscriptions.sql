-- One row per statement that a file in `subscriptions/` makes, or made in an earlier wording, about a subscription.
-- Values stay text as stated: null says nothing, an empty text clears. Withdrawn rows are gone.
{% set columns = [
        'subscription_id',
        'started_at',
        'ended_at',
        'customer_id',
        'email',
        'updated_at',
] %}

with
holding as (
    select
        *,
        {{ file_row_is_current() }} as is_current,
        {{ json_fields('payload', columns) }} as fields
    from {{ source('raw_files', 'subscriptions') }}
    qualify {{ file_row_holds() }} and not is_withdrawal
),

files as (select * from {{ ref('stg_files__files') }}),

statements as (
    select
        holding.organization_id,
        fields.subscription_id,
        fields.started_at,
        fields.ended_at,
        fields.customer_id,
        fields.email,
        holding.file_name,
        holding.file_read,
        holding.row_number,
        holding.is_current,
        coalesce(
            cast(nullif(fields.updated_at, '') as timestamp),
            case when holding.is_current then files.file_modified_at end,
            holding.file_modified_at
        ) as said_at
    from holding
    left join files on holding.file_name = files.file_name
)

select * from statements
