-- One row per statement that a file in `exclusions/` makes, or made in an earlier wording, about an excluded party.
-- Values stay text as stated: null says nothing, an empty text clears.
{% set columns = [
        'exclusion_id',
        'email',
        'email_domain',
        'address1',
        'address2',
        'city',
        'region',
        'postal_code',
        'country',
        'campaign_id',
        'recipient_id',
        'note',
] %}

with
statements as (
    select
        *,
        {{ json_fields('payload', columns) }} as fields
    from {{ ref('stg_files__rows') }}
    where entity = 'exclusions'
),

columns_of_statements as (
    select
        organization_id,
        fields.exclusion_id,
        fields.email,
        fields.email_domain,
        fields.address1,
        fields.address2,
        fields.city,
        fields.region,
        fields.postal_code,
        fields.country,
        fields.campaign_id,
        fields.recipient_id,
        fields.note,
        file_name,
        file_read,
        row_number,
        is_current,
        said_at,
        loaded_at
    from statements
)

select * from columns_of_statements
