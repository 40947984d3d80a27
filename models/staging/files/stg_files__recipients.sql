-- One row per statement that a file in `recipients/` makes, or made in an earlier wording, about a recipient.
-- Values stay text as stated: null says nothing, an empty text clears.
{% set columns = [
        'campaign_id',
        'recipient_id',
        'created_at',
        'is_holdout',
        'drop_id',
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
] %}

with
statements as (
    select
        *,
        {{ json_fields('payload', columns) }} as fields
    from {{ ref('stg_files__rows') }}
    where entity = 'recipients'
),

columns_of_statements as (
    select
        organization_id,
        fields.campaign_id,
        fields.recipient_id,
        fields.created_at,
        fields.is_holdout,
        fields.drop_id,
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
        file_name,
        file_read,
        row_number,
        is_alone,
        is_current,
        said_at,
        loaded_at
    from statements
)

select * from columns_of_statements
