-- One row per configured organization, with the settings it does not override filled in from the variables. One with a
-- value that cannot be taken, or whose id stands twice, is not synced, stops nobody else, and keeps the provider that
-- the last build knew: its orders are not withdrawn.
{% set optional_columns = {
        'publish_to': 'varchar',
        'email_domains': 'varchar',
        'timezone': 'varchar',
        'global_holdout_share': 'varchar',
        'timing_rule': 'varchar',
        'address_max_tier': 'varchar',
} %}
-- domains with | between; a whole address would stand for its whole domain
{% set email_domains = '^([|\\s]*@?[^@|\\s]+[.][^@|\\s]+\\s*([|]|$))*[|\\s]*$' %}
{% set is_known_provider
    = "coalesce(trimmed.provider in ('klaviyo', 'ometria', 'shopify', 'commercetools', 'files'), false)" %}

with
organizations as (
    {{ with_columns(ref('organizations'), optional_columns) }}
),

timezones as ({{ timezone_names() }}),

trimmed as (
    select
        trim(organization_id) as organization_id,
        name,
        trim(status) as status,
        trim(provider) as provider,
        publish_to,
        email_domains,
        upper(trim(country)) as country,
        nullif(upper(trim(currency)), '') as currency,
        coalesce(nullif(trim(timezone), ''), 'UTC') as timezone,
        coalesce(nullif(trim(timing_rule), ''), '{{ var("timing_rule") }}') as timing_rule,
        coalesce(nullif(trim(address_max_tier), ''), '{{ var("address_max_tier") }}') as address_max_tier,
        nullif(trim(global_holdout_share), '') as global_holdout_share,
        coalesce(lower(trim(sync_orders)) in ('true', 't', '1', 'yes'), false) as sync_orders,
        count(*) over (partition by trim(organization_id)) as rows_of_id
    from organizations
    where trim(organization_id) <> ''
    qualify row_number() over (partition by trim(organization_id) order by status, provider, name, currency) = 1
),

settled as (
    select
        trimmed.organization_id,
        trimmed.name,
        trimmed.status,
        case
            when {{ is_known_provider }} and trimmed.rows_of_id = 1 then trimmed.provider
            else coalesce(built.provider, trimmed.provider)
        end as provider,
        trimmed.publish_to,
        trimmed.email_domains,
        trimmed.country,
        trimmed.currency,
        coalesce(timezones.timezone, 'UTC') as timezone,
        case
            when trimmed.timing_rule in ('rank_then_validate', 'validate_then_rank') then trimmed.timing_rule
            else '{{ var("timing_rule") }}'
        end as timing_rule,
        coalesce(try_cast(trimmed.address_max_tier as integer), {{ var('address_max_tier') }}) as address_max_tier,
        try_cast(trimmed.global_holdout_share as decimal(9, 6)) as global_holdout_share,
        trimmed.sync_orders
        and coalesce(trimmed.status in ('live', 'churned'), false)
        and timezones.timezone is not null
        and (trimmed.currency is null or currencies.currency is not null)
        and trimmed.timing_rule in ('rank_then_validate', 'validate_then_rank')
        and trimmed.address_max_tier in ('1', '2', '3', '4', '5')
        and coalesce(
            try_cast(trimmed.global_holdout_share as double) between 0 and 0.999999,
            trimmed.global_holdout_share is null
        )
        and coalesce({{ matches('trimmed.email_domains', email_domains) }}, true)
        and {{ is_known_provider }}
        and trimmed.rows_of_id = 1 as is_synced
    from trimmed
    left join {{ source('ops', 'built_organizations') }} as built on trimmed.organization_id = built.organization_id
    left join timezones on trimmed.timezone = timezones.timezone
    left join {{ ref('currencies') }} as currencies on trimmed.currency = currencies.currency
)

select * from settled
