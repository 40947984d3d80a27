-- One row per statement that a file in `campaigns/` makes, or made in an earlier wording, about a campaign.
-- Values stay text as stated: null says nothing, an empty text clears.
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
] %}

with
statements as (
    select
        *,
        {{ json_fields('payload', columns) }} as fields
    from {{ ref('stg_files__rows') }}
    where entity = 'campaigns'
),

columns_of_statements as (
    select
        organization_id,
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
        file_name,
        file_read,
        row_number,
        is_current,
        said_at,
        loaded_at
    from statements
)

select * from columns_of_statements
