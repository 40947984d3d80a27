-- dbt's own macro, which its generic tests read their model through. In a tick a test of a stored table looks at what the
-- tick made: the rest is as an earlier build's tests found it. `dbt test` looks at everything.
{% macro get_where_subquery(relation) -%}
    {%- set meta = tested_meta() -%}
    {%- if meta.get('scope') -%}
        {{ return('(select * from ' ~ made(relation) ~ ') as tested') }}
    {%- elif meta.get('kept_as') -%}
        {{ return('(select * from ' ~ as_built(meta['kept_as']) ~ ') as tested') }}
    {%- endif -%}
    {{ return(default__get_where_subquery(relation)) }}
{%- endmacro %}

-- The rows of another relation that a test compares with those of the model that is being tested.
{% macro limited_as_tested(relation) -%}
    {%- set meta = tested_meta() -%}
    {%- if not meta.get('scope') -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return('(' ~ in_scope(relation, meta['scope'], meta['keys'], meta.get('condition', 'true')) ~ ') as limited') }}
{%- endmacro %}

-- In a tick the scope and keys of the model that is being tested, or the model that keeps its rows of a tick (`kept_as`).
{% macro tested_meta() -%}
    {%- set attached = context['model'].attached_node -%}
    {{ return(graph.nodes[attached].config.meta if is_tick() and attached in graph.nodes else {}) }}
{%- endmacro %}
