-- One row per statement that a file in `campaigns/` makes, or made in an earlier wording, about a campaign.
-- Values stay text as stated: null says nothing, an empty text clears. Withdrawn rows are gone.
{% set columns = [
        'campaign_id',
        'name',
        'status',
        'discount_codes',
        'launched_at',
        'min_age_days',
        'window_days',
        'in_home_days',
        'holdout_share',
        'piece_cost',
        'creative',
        'currency',
        'gross_margin_rate',
        'minimum_order_amount',
        'audience_provider',
        'audience_id',
        'updated_at',
] %}

with
holding as (
    select
        *,
        {{ file_row_is_current() }} as is_current,
        {{ json_fields('payload', columns) }} as fields
    from {{ source('raw_files', 'campaigns') }}
    qualify {{ file_row_holds() }} and not is_withdrawal
),

files as (select * from {{ ref('stg_files__files') }}),

statements as (
    select
        holding.organization_id,
        fields.campaign_id,
        fields.name,
        fields.status,
        fields.discount_codes,
        fields.launched_at,
        fields.min_age_days,
        fields.window_days,
        fields.in_home_days,
        fields.holdout_share,
        fields.piece_cost,
        fields.creative,
        fields.currency,
        fields.gross_margin_rate,
        fields.minimum_order_amount,
        fields.audience_provider,
        fields.audience_id,
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
