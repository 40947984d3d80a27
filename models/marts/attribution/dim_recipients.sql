-- One row per recipient as credit reads it, without name, e-mail or street: those stay upstream. The flags
-- tell where the reading of lift (as assigned) differs.
with
latest as (select * from {{ ref('int_recipients__latest') }}),

as_assigned as (select * from {{ ref('int_recipients__as_assigned') }}),

identifiers as (select * from {{ ref('int_recipient_identifiers') }}),

recipients as (
    select
        latest.organization_id,
        latest.campaign_id,
        latest.recipient_id,
        md5(assigned.household_key) as household_id,
        latest.discount_code,
        latest.segment,
        latest.prior_revenue_amount,
        latest.is_holdout,
        credit.email_key is not null as has_email_key,
        credit.address_key is not null as has_address_key,
        coalesce(credit.email_key, '') <> coalesce(assigned.email_key, '') as has_changed_email,
        coalesce(credit.address_key, '') <> coalesce(assigned.address_key, '') as has_changed_address,
        latest.is_holdout <> as_assigned.is_holdout as has_changed_arm,
        latest.created_at,
        latest.sent_at,
        latest.in_home_at
    from latest
    inner join as_assigned
        on latest.organization_id = as_assigned.organization_id
        and latest.campaign_id = as_assigned.campaign_id
        and latest.recipient_id = as_assigned.recipient_id
    {% for alias, reading in [('credit', 'latest'), ('assigned', 'as_assigned')] %}
    inner join identifiers as {{ alias }}
        on latest.organization_id = {{ alias }}.organization_id
        and latest.campaign_id = {{ alias }}.campaign_id
        and latest.recipient_id = {{ alias }}.recipient_id
        and {{ alias }}.reading = '{{ reading }}'
    {% endfor %}
)

select * from recipients
