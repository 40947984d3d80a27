-- One row per statement that a file in `exclusions/` makes, or made in an earlier wording, about an excluded party.
-- Values stay text as stated: null says nothing, an empty text clears. Withdrawn rows are gone.
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
        'updated_at',
] %}

with
holding as (
    select
        *,
        {{ file_row_is_current() }} as is_current,
        {{ json_fields('payload', columns) }} as fields
    from {{ source('raw_files', 'exclusions') }}
    qualify {{ file_row_holds() }} and not is_withdrawal
),

files as (select * from {{ ref('stg_files__files') }}),

statements as (
    select
        holding.organization_id,
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
