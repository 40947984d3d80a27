-- The number of a match among those of one order: an order counts once, for the e-mail match, else for the smallest md5
-- of campaign, order and recipient id, which favours nobody.
{% macro match_number(partition) -%}
    row_number() over (
            partition by {{ partition | join(', ') }}
            order by
                is_email_match desc,
                md5(campaign_id || '|' || order_id || '|' || recipient_id),
                recipient_id
        )
{%- endmacro %}
