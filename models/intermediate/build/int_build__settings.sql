-- One row per step and organization with a hash of what the step depends on besides its rows, and two per campaign:
-- of what the verdicts on its candidates depend on, and of its audience. Where a hash is another than the last
-- build's, the step is done again for that organization or campaign.
{{ config(post_hook="insert into ops.seen_settings select '{{ invocation_id }}', * from {{ this }}") }}
with
organizations as (select * from {{ ref('int_organizations') }}),

held as (select * from {{ ref('stg_ops__held_organizations') }}),

source_settings as (
    select
        organization_id,
        md5({{ joined_texts("source || '/' || name || '=' || coalesce(value, '')") }}) as fingerprint
    from {{ ref('stg_ops__source_settings') }}
    group by organization_id
),

vocabulary as (
    {% for seed, columns in key_seeds().items() %}
    select md5({{ joined_texts('row_text') }}) as fingerprint
    from (
        select '{{ seed }}' || {{ one_text(columns) }} as row_text
        from {{ ref(seed) }}
    ) as {{ seed }}_rows
    {{ "union all" if not loop.last }}
    {% endfor %}
),

common as (
    select
        (select {{ joined_texts('fingerprint') }} from vocabulary) as vocabulary,
        (
            select {{ joined_texts("concat_ws('/', match_method, max_recipients_per_key)") }}
            from {{ ref('match_methods') }}
        ) as limits,
        (
            select {{ joined_texts("concat_ws('/', match_method, priority, is_enabled)") }}
            from {{ ref('match_methods') }}
        ) as priorities
),

known as (
    select
        organizations.*,
        common.vocabulary,
        common.limits,
        common.priorities,
        source_settings.fingerprint as source_settings,
        held.released_through
    from organizations
    cross join common
    left join held on organizations.organization_id = held.organization_id
    left join source_settings on organizations.organization_id = source_settings.organization_id
),

steps as (
    {% for step, values in {
        'read': ['provider', 'source_settings', 'released_through'],
        'key': ['country', 'vocabulary'],
        'match': [
            'address_max_tier', 'email_domains', 'limits', "'" ~ var('match_billing_address') ~ "'",
            "'" ~ var('email_alias_folding') ~ "'",
        ],
        'judge': ['timing_rule', 'priorities'],
    }.items() %}
    select
        '{{ step }}' as kind,
        organization_id,
        '' as item_id,
        md5({{ one_text(values) }}) as fingerprint
    from known
    union all
    {% endfor %}
    {% for kind, columns in {
        'campaign': [
            'status', 'discount_codes', 'launched_at', 'min_age_days', 'window_days', 'minimum_order_amount',
        ],
        'audience': ['audience_provider', 'audience_id'],
    }.items() %}
    select
        '{{ kind }}' as kind,
        organization_id,
        campaign_id as item_id,
        md5({{ one_text(columns) }}) as fingerprint
    from {{ ref('int_campaigns') }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from steps
