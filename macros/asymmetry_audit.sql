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
        'organization_id', 'campaign_id', 'match_key', 'recipient_id', 'order_id', 'orders', 'revenue_amount', 'is_holdout',
    ]) }}
{%- endmacro %}
