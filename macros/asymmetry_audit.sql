-- The rules that treat the arms differently in credit, with the keys each works by. Every rule is a model
-- int_lift__audit_changes__<rule>.
{% macro audit_rules() -%}
    {{ return({
        'codes': ['discount_code'],
        'clocks': ['email', 'address'],
        'exclusions': ['email', 'address'],
        'cascade_order': ['email', 'address'],
        'subscription_veto': ['address'],
        'also_mailed_veto': ['email', 'address'],
        'whole_cascade': ['all'],
    }) }}
{%- endmacro %}

-- The columns of a change, said once: every int_lift__audit_changes__<rule> has them in this order.
{% macro audit_change_columns() -%}
    {{ return([
        'organization_id', 'campaign_id', 'match_key', 'household_key', 'order_id', 'orders', 'revenue_amount', 'is_holdout',
    ]) }}
{%- endmacro %}

-- Orders that either a rule's count or lift's (`counted`) has and the other has not, by what makes them the same order:
-- one that the rule adds is 1, one that it takes away -1.
{% macro order_changes(naive, same_order) -%}
    select
        {%- for column in ['organization_id', 'campaign_id', 'match_key', 'household_key', 'recipient_id', 'order_id'] %}
        coalesce({{ naive }}.{{ column }}, counted.{{ column }}) as {{ column }},
        {%- endfor %}
        case when counted.order_id is null then 1 else -1 end as orders,
        case when counted.order_id is null then {{ naive }}.revenue_amount else -counted.revenue_amount end
            as revenue_amount,
        coalesce({{ naive }}.is_holdout, counted.is_holdout) as is_holdout
    from {{ naive }}
    full outer join counted
        on {{ naive }}.organization_id = counted.organization_id
        {%- for column in same_order %}
        and {{ naive }}.{{ column }} = counted.{{ column }}
        {%- endfor %}
    where {{ naive }}.order_id is null or counted.order_id is null
{%- endmacro %}
