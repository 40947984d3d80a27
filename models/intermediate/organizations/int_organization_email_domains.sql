-- One row per organization and e-mail domain of its own.
with
organizations as (select * from {{ ref('int_organizations') }}),

domains as (
    select
        organization_id,
        {{ split_rows('email_domains', '|') }} as email_domain
    from organizations
),

cleaned as (
    select distinct
        organization_id,
        {{ domain_key('email_domain') }} as email_domain
    from domains
    where {{ domain_key('email_domain') }} is not null
)

select * from cleaned
