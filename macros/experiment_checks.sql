-- The columns of a check of an experiment, said once: every int_lift__checks__<kind> has them in this order.
{% macro check_columns() -%}
    {{ return([
        'organization_id', 'campaign_id', 'check_name', 'part', 'unit', 'treated_count', 'holdout_count',
        'treated_value', 'holdout_value', 'expected_value', 'difference', 'statistic', 'degrees_of_freedom', 'p_value',
        'size_floor',
    ]) }}
{%- endmacro %}

-- The columns of a recipient that are compared with what they said at assignment.
{% macro changeable_columns() -%}
    {{ return([
        'email', 'address', 'household_id', 'segment', 'prior_revenue_amount', 'created_at', 'is_holdout',
    ]) }}
{%- endmacro %}

-- The steps of an experiment at which the ratio of the arms is looked at, all known before any order, with the flag that
-- keeps a household out when all of its members have it.
{% macro sample_ratio_steps() -%}
    {{ return({
        'assigned': none,
        'mailable': 'not_mailable',
        'with_email_key': 'without_email_key',
        'with_address_key': 'without_address_key',
    }) }}
{%- endmacro %}
