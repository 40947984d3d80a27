-- Whoever of these recipients is, or whose e-mail, domain or address is, excluded: a union of one select per key. The
-- relation has `email_domain`; the columns begin with organization_id, campaign_id and recipient_id.
{% macro excluded_identifiers(identifiers, exclusions, columns=['organization_id', 'campaign_id', 'recipient_id']) -%}
    {%- for key in ['email_key', 'email_domain', 'address_key', 'recipient_id'] %}
    select {% for column in columns %}{{ identifiers }}.{{ column }}{{ ", " if not loop.last }}{% endfor %}
    from {{ identifiers }}
    inner join {{ exclusions }}
        on {{ identifiers }}.organization_id = {{ exclusions }}.organization_id
        and {{ identifiers }}.{{ 'written_email_key' if key == 'email_key' else key }} = {{ exclusions }}.{{ key }}
        {%- if key == 'recipient_id' %}
        and ({{ exclusions }}.campaign_id is null or {{ identifiers }}.campaign_id = {{ exclusions }}.campaign_id)
        {%- endif %}
    {{ "union" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
