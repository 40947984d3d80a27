-- One row per campaign, period and order that falls in a recipient's outcome window (`lift`), in the window of the same
-- length before assignment (`placebo`) or in the year before it (`prior`). Each order counts once per campaign and
-- period: for the e-mail match, else for the smallest md5 of campaign, order and recipient id.
with
timed as (select * from {{ ref('int_lift__timed_orders') }}),

placed as (
    {% for period, (opens_at, closes_at) in lift_periods().items() %}
    select
        *,
        '{{ period }}' as period,
        {{ whole_days_between(opens_at, 'ordered_at') }} as days_since_opening
    from timed
    where ordered_at >= {{ opens_at }} and ordered_at < {{ closes_at }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

counted_once as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        order_id,
        household_key,
        period,
        days_since_opening,
        case when is_campaign_currency then net_amount else 0 end as revenue_amount,
        case when is_campaign_currency then coalesce(merchandise_amount, 0) else 0 end as merchandise_amount,
        is_holdout,
        is_email_match,
        is_campaign_currency,
        is_campaign_currency and merchandise_amount is null as is_merchandise_unknown
    from placed
    qualify {{ match_number(['organization_id', 'campaign_id', 'period', 'order_id']) }} = 1
)

select * from counted_once
