-- The rows of a relation of a provider's order versions, or of parts of them, that belong to the order's latest version.
{% macro of_latest_versions(rows_of_versions, latest_versions, provider) -%}
    select parts.*
    from {{ rows_of_versions }} as parts
    inner join {{ latest_versions }} as latest
        on parts.organization_id = latest.organization_id
        and parts.order_id = latest.order_id
        and parts.payload_hash = latest.payload_hash
        and latest.provider = '{{ provider }}'
{%- endmacro %}
