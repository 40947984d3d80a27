-- One row per recipient as credit reads it: the latest value of each column. A recipient without an arm or
-- the time of its assignment waits, and takes part in nothing.
with
statements as (
    select *
    from {{ ref('int_recipient_statements') }}
    where is_current
),

merged as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {% for column in profile_columns() + ['household_id', 'discount_code', 'segment'] %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        cast({{ latest_value('prior_revenue_amount') }} as decimal(18, 4)) as prior_revenue_amount,
        cast({{ latest_value('is_holdout') }} as boolean) as is_holdout,
        cast({{ latest_value('created_at') }} as timestamp) as created_at,
        cast({{ latest_value('sent_at') }} as timestamp) as sent_at,
        cast({{ latest_value('in_home_at') }} as timestamp) as in_home_at
    from statements
    group by organization_id, campaign_id, recipient_id
)

select * from merged
where is_holdout is not null and created_at is not null
