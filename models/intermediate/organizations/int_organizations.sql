-- One row per configured organization, with the settings it does not override filled in from the variables.
{% set optional_columns = {
        'publish_to': 'varchar',
        'email_domains': 'varchar',
        'timezone': 'varchar',
        'global_holdout_share': 'decimal(9, 6)',
        'timing_rule': 'varchar',
        'address_max_tier': 'integer',
} %}

with
organizations as (
    {{ with_columns(ref('organizations'), optional_columns) }}
),

settled as (
    select
        organization_id,
        name,
        status,
        provider,
        publish_to,
        email_domains,
        upper(trim(country)) as country,
        upper(trim(currency)) as currency,
        coalesce(nullif(trim(timezone), ''), 'UTC') as timezone,
        coalesce(nullif(trim(timing_rule), ''), '{{ var("timing_rule") }}') as timing_rule,
        coalesce(address_max_tier, {{ var('address_max_tier') }}) as address_max_tier,
        global_holdout_share,
        sync_orders and status in ('live', 'churned') as is_synced
    from organizations
)

select * from settled
