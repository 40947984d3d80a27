-- One row per campaign: what the mail brought in and what it cost, in the campaign's currency. What was spent is known,
-- so that only lift is uncertain: its interval divided by the cost is that of ROAS, and the cost divided by it is
-- Fieller's of the cost per incremental order, which is unbounded where the lift may be nil.
{% set totals = {
    'orders': 'orders_per_recipient', 'revenue': 'revenue_per_recipient', 'merchandise': 'merchandise_per_recipient',
} %}
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift' and cut = 'campaign' and estimator = 'difference_in_means_household_clustered_t'
),

mailings as (select * from {{ ref('int_lift__mailings') }}),

joined as (
    select
        mailings.*,
        {% for name, metric in totals.items() %}
        {{ name }}.incremental_total as {{ name }},
        {{ name }}.incremental_total_ci_low as {{ name }}_low,
        {{ name }}.incremental_total_ci_high as {{ name }}_high,
        {% endfor %}
        orders.treated_recipients,
        coalesce(nullif(revenue.lift_status, 'ok'), orders.lift_status) as lift_status,
        merchandise.lift_status as merchandise_status,
        cast(mailings.mail_cost_amount as double) as cost
    from mailings
    {% for name, metric in totals.items() %}
    inner join estimates as {{ name }}
        on mailings.organization_id = {{ name }}.organization_id
        and mailings.campaign_id = {{ name }}.campaign_id
        and {{ name }}.metric = '{{ metric }}'
    {% endfor %}
),

economics as (
    select
        organization_id,
        campaign_id,
        currency,
        treated_recipients,
        mailed_pieces,
        other_currency_orders,
        unknown_merchandise_orders,
        gross_margin_rate,
        mail_cost_amount,
        {% for end, suffix in {'': '', '_low': '_ci_low', '_high': '_ci_high'}.items() %}
        orders{{ end }} as incremental_orders{{ suffix }},
        revenue{{ end }} as incremental_revenue{{ suffix }},
        merchandise{{ end }} * usable_margin_rate as incremental_margin{{ suffix }},
        merchandise{{ end }} * usable_margin_rate - cost as incremental_profit{{ suffix }},
        revenue{{ end }} / nullif(cost, 0) as incremental_roas{{ suffix }},
        merchandise{{ end }} * usable_margin_rate / nullif(mailed_pieces, 0) as break_even_piece_cost{{ suffix }},
        {% endfor %}
        case when orders > 0 then cost / orders end as cost_per_incremental_order,
        case when orders_high > 0 then cost / orders_high end as cost_per_incremental_order_ci_low,
        case when orders_low > 0 then cost / orders_low end as cost_per_incremental_order_ci_high,
        case when orders_low is not null then 'delta_household_clustered_t' end as incremental_interval,
        case
            when orders_low is null or cost is null then null
            when orders_low > 0 then 'fieller'
            when orders_high > 0 then 'fieller_unbounded_above'
            else 'fieller_empty'
        end as cost_per_incremental_order_interval,
        case
            when lift_status not in ({{ quoted(statuses_with_interval()) }}) then lift_status
            when cost is null then 'no_piece_cost'
            when usable_margin_rate is null and unknown_merchandise_orders > 0 then 'unknown_merchandise'
            when usable_margin_rate is null then 'no_gross_margin_rate'
            when cost = 0 then 'no_cost'
            else coalesce(nullif(lift_status, 'ok'), merchandise_status)
        end as economics_status
    from joined
)

select * from economics
