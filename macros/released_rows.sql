-- The rows that the models may read: of an organization that the landing gate holds back only those of loads before,
-- so that it keeps its last verdicts.
{% macro released_rows(relation, held_organizations) -%}
    select rows_landed.*
    from {{ relation }} as rows_landed
    left join {{ held_organizations }} as held on rows_landed.organization_id = held.organization_id
    where held.organization_id is null or rows_landed.loaded_at <= held.released_through
{%- endmacro %}
