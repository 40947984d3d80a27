-- One row per campaign: its credited orders and money under the timing rule in force, and what the other rule
-- would give it. Credited are attributed orders; holdout orders are no credit under either rule. Money is summed in the
-- campaign's currency alone.
with
organizations as (select * from {{ ref('int_organizations') }}),

orders as (select * from {{ ref('int_orders__unioned') }}),

-- the stored ranking: a view of candidates shows, after a tick, only what the tick looked at
candidates as (
    select
        ranked.*,
        methods.priority
    from {{ ref('int_match_candidates__ranked') }} as ranked
    inner join {{ ref('match_methods') }} as methods on ranked.match_method = methods.match_method
),

campaigns as (select * from {{ ref('int_campaigns') }}),

in_force as (
    select
        credited.organization_id,
        credited.campaign_id,
        count(*) as orders,
        sum(credited.net_amount) filter (where credited.currency = campaigns.currency) as net_amount
    from {{ ref('fct_order_attributions') }} as credited
    inner join campaigns
        on credited.organization_id = campaigns.organization_id
        and credited.campaign_id = campaigns.campaign_id
    where credited.attribution_status = 'attributed'
    group by credited.organization_id, credited.campaign_id
),

-- the winner under the rule that is not in force
other_winners as (
    select candidates.*
    from candidates
    inner join organizations on candidates.organization_id = organizations.organization_id
    where candidates.veto_reason is null
        and (organizations.timing_rule = 'validate_then_rank' or candidates.timing_status = 'in_window')
    qualify
        row_number() over (
            partition by candidates.organization_id, candidates.order_id
            order by
                candidates.priority, candidates.window_start_at desc, candidates.campaign_id,
                candidates.recipient_id nulls last
        ) = 1
),

winning_recipients as (
    select
        keyed.*,
        {{ email_domain('keyed.written_email_key') }} as email_domain
    from {{ ref('int_recipients__keyed') }} as keyed
    inner join other_winners
        on keyed.organization_id = other_winners.organization_id
        and keyed.campaign_id = other_winners.campaign_id
        and keyed.recipient_id = other_winners.recipient_id
    where keyed.reading = 'latest'
),

excluded_winners as (
    {% for key in ['email_key', 'email_domain', 'address_key', 'recipient_id'] %}
    select
        winning_recipients.organization_id,
        winning_recipients.campaign_id,
        winning_recipients.recipient_id
    from winning_recipients
    inner join {{ ref('int_exclusion_keys') }} as exclusions
        on winning_recipients.organization_id = exclusions.organization_id
        and winning_recipients.{{ 'written_email_key' if key == 'email_key' else key }} = exclusions.{{ key }}
        {% if key == 'recipient_id' %}
        and (exclusions.campaign_id is null or winning_recipients.campaign_id = exclusions.campaign_id)
        {% endif %}
    {{ "union" if not loop.last }}
    {% endfor %}
),

other_rule as (
    select
        other_winners.organization_id,
        other_winners.campaign_id,
        count(*) as orders,
        sum(orders.net_amount) filter (where orders.currency = campaigns.currency) as net_amount
    from other_winners
    inner join orders
        on other_winners.organization_id = orders.organization_id
        and other_winners.order_id = orders.order_id
    inner join campaigns
        on other_winners.organization_id = campaigns.organization_id
        and other_winners.campaign_id = campaigns.campaign_id
    left join {{ ref('int_order_excluded_parties') }} as excluded_orders
        on other_winners.organization_id = excluded_orders.organization_id
        and other_winners.order_id = excluded_orders.order_id
    left join excluded_winners as excluded_recipients
        on other_winners.organization_id = excluded_recipients.organization_id
        and other_winners.campaign_id = excluded_recipients.campaign_id
        and other_winners.recipient_id = excluded_recipients.recipient_id
    where not other_winners.is_holdout
        and other_winners.timing_status = 'in_window'
        and not orders.is_cancelled
        and excluded_orders.order_id is null
        and excluded_recipients.recipient_id is null
        and coalesce(orders.total_amount >= campaigns.minimum_order_amount, true)
        and not exists (
            select 1
            from {{ ref('blackout_periods') }} as periods
            where periods.organization_id = orders.organization_id
                and orders.ordered_at >= periods.starts_at
                and orders.ordered_at < periods.ends_at
        )
    group by other_winners.organization_id, other_winners.campaign_id
)

select
    campaigns.organization_id,
    campaigns.campaign_id,
    organizations.timing_rule as timing_rule_in_force,
    coalesce(in_force.orders, 0) as orders,
    coalesce(in_force.net_amount, 0) as net_amount,
    coalesce(other_rule.orders, 0) as other_rule_orders,
    coalesce(other_rule.net_amount, 0) as other_rule_net_amount
from campaigns
inner join organizations on campaigns.organization_id = organizations.organization_id
left join in_force
    on campaigns.organization_id = in_force.organization_id
    and campaigns.campaign_id = in_force.campaign_id
left join other_rule
    on campaigns.organization_id = other_rule.organization_id
    and campaigns.campaign_id = other_rule.campaign_id
order by campaigns.organization_id, campaigns.campaign_id
