-- One row per recipient as assigned who is, or whose e-mail, domain or address is, excluded.
with
identifiers as (
    select
        *,
        {{ email_domain('written_email_key') }} as email_domain
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

exclusions as (select * from {{ ref('int_exclusion_keys') }}),

excluded as (
    {{ excluded_identifiers(
        'identifiers',
        'exclusions',
        ['organization_id', 'campaign_id', 'recipient_id', 'household_key', 'is_holdout'],
    ) }}
)

select * from excluded
