-- One row per campaign, merged column by column, with what could not be read of it.
{% set fields = {
        'discount_codes': ['codes', 'said_discount_codes', none],
        'min_age_days': ['days', 'said_min_age_days', 'decisive'],
        'window_days': ['days', 'said_window_days', 'decisive'],
        'in_home_days': ['days', 'said_in_home_days', 'decisive'],
        'holdout_share': ['share', 'said_holdout_share', none],
        'gross_margin_rate': ['share', 'said_gross_margin_rate', none],
        'piece_cost': ['amount', 'said_piece_cost', none],
        'minimum_order_amount': ['amount', 'said_minimum_order_amount', 'decisive'],
        'launched_at': ['time', 'said_launched_at', 'decisive'],
} %}
{% set texts = ['name', 'status', 'creative', 'currency', 'audience_provider', 'audience_id'] %}

with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'campaign_id']) }} as statement_order
    from {{ ref('stg_files__campaigns') }}
    where is_current
),

merged as (
    select
        organization_id,
        campaign_id,
        {% for column in texts %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        {% for column in fields %}
        {{ latest_value(column) }} as said_{{ column }},
        {% endfor %}
        max(loaded_at) as loaded_at
    from statements
    group by organization_id, campaign_id
),

typed as (
    {{ typed_rows('merged', fields) | indent(4) }}
),

stated as (
    select
        organization_id,
        campaign_id,
        {{ texts | join(', ') }},
        {{ fields.keys() | join(', ') }},
        unreadable_fields,
        is_held_back,
        loaded_at
    from typed
)

select * from stated
