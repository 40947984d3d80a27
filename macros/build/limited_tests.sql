-- dbt's own macro, which its generic tests read their model through. In a tick a test of a stored table looks at what the
-- tick replaced: the rest is as an earlier build's tests found it. `dbt test` looks at everything.
{% macro get_where_subquery(relation) -%}
    {%- set scope = tested_scope() -%}
    {%- if scope is none -%}
        {{ return(default__get_where_subquery(relation)) }}
    {%- endif -%}
    {{ return(limited_to(relation, scope)) }}
{%- endmacro %}

-- The rows of a relation that a tick looked at, for the scope of the model that is being tested.
{% macro limited_to(relation, scope) -%}
    {%- if scope is none -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set limited -%}
        {%- if scope.get('kept_as') %}
        (select * from {{ as_built(scope['kept_as']) }}) as tested
        {%- else %}
        ({{ in_scope(relation, scope['scope'], scope['keys'], scope.get('condition', 'true')) }}) as tested
        {%- endif -%}
    {%- endset -%}
    {{ return(limited) }}
{%- endmacro %}

-- The scope and keys of the model that is being tested, or the model that keeps its rows of a tick (`kept_as`); none
-- outside a tick, and where it has neither.
{% macro tested_scope() -%}
    {%- set attached = context['model'].attached_node -%}
    {%- if not is_tick() or attached not in graph.nodes -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set meta = graph.nodes[attached].config.meta -%}
    {{ return(meta if meta.get('scope') or meta.get('kept_as') else none) }}
{%- endmacro %}
