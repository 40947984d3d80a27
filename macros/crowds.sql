-- How many recipients of a campaign may share a key: what match_methods.csv says of the method, else the bound that holds
-- for all. Beyond, a key tells nobody apart, and is never joined to those who share it.
{% macro most_sharing(method) -%}
    coalesce(
        max(case when match_method = '{{ method }}' then max_recipients_per_key end),
        {{ var('bounds')['most_recipients_per_key'] }}
    )
{%- endmacro %}
