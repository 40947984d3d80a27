-- One row per statement that a file in `recipients/` makes, or made in an earlier wording, about a recipient.
-- Values stay text as stated: null says nothing, an empty text clears. Withdrawn rows are gone.
{% set columns = [
        'campaign_id',
        'recipient_id',
        'created_at',
        'is_holdout',
        'sent_at',
        'in_home_at',
        'email',
        'first_name',
        'last_name',
        'company',
        'address1',
        'address2',
        'city',
        'region',
        'postal_code',
        'country',
        'household_id',
        'discount_code',
        'segment',
        'prior_revenue_amount',
        'updated_at',
] %}

with
holding as (
    select
        *,
        {{ file_row_is_current() }} as is_current,
        {{ json_fields('payload', columns) }} as fields
    from {{ source('raw_files', 'recipients') }}
    qualify {{ file_row_holds() }} and not is_withdrawal
),

files as (select * from {{ ref('stg_files__files') }}),

statements as (
    select
        holding.organization_id,
        fields.campaign_id,
        fields.recipient_id,
        fields.created_at,
        fields.is_holdout,
        fields.sent_at,
        fields.in_home_at,
        fields.email,
        fields.first_name,
        fields.last_name,
        fields.company,
        fields.address1,
        fields.address2,
        fields.city,
        fields.region,
        fields.postal_code,
        fields.country,
        fields.household_id,
        fields.discount_code,
        fields.segment,
        fields.prior_revenue_amount,
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
