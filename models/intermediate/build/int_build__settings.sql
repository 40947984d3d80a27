-- One row per step and organization with a hash of what the step depends on besides its rows, and two per campaign:
-- of what the verdicts on its candidates depend on, and of its audience. Where a hash is another than the last
-- build's, the step is done again for that organization or campaign.
{{ config(post_hook="insert into ops.seen_settings select '{{ invocation_id }}', * from {{ this }}") }}
with
known as (select * from {{ ref('int_build__known_settings') }}),

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
