-- What later builds and the log of verdicts rest on is built as a whole or not at all: a part of it would hand on a
-- ranking that the next tick takes for whole, and write withdrawals that no refresh erases. So a selection of a part is
-- refused before anything is written, however it is spelled. Before a first whole build there is nothing to lose.
{% macro refuse_part_of_the_credit() -%}
    {%- if execute and flags.WHICH in ['run', 'build'] and writes_state() -%}
        {%- set log = as_built('fct_attribution_events') -%}
        {%- set is_log_selected = 'model.matchback.' ~ log.identifier in selected_resources -%}
        {%- set reason = why_not_whole() -%}
        {%- if reason and (is_log_selected or load_relation(log) is not none) -%}
            {%- do exceptions.raise_compiler_error(
                'The credit is built as a whole or not at all, and ' ~ reason
                ~ ': use `dbt build`, or `dbt build --full-refresh`.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

-- What keeps this build from making all that the credit rests on; none where nothing does.
{% macro why_not_whole() -%}
    {%- set models = credit_models() -%}
    {%- set missing = models | reject('in', selected_resources) | list -%}
    {%- if not selected_resources -%}
        {{ return('`dbt retry` builds only what was left') }}
    {%- elif missing -%}
        {%- set example = missing[0].split('.')[-1] -%}
        {{ return(missing | length ~ ' of its ' ~ models | length ~ ' models are not selected, one is ' ~ example) }}
    {%- elif flags.EMPTY -%}
        {{ return('--empty would leave it no rows') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

-- Whether a model is built that leaves something for later builds: in a stored table, or by a hook. `dbt retry` does not
-- tell what it selects, so it may be any.
{% macro writes_state() -%}
    {%- set found = namespace(is_one=not selected_resources) -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.unique_id in selected_resources -%}
        {%- set config = node.config -%}
        {%- if config.materialized == 'incremental' or config['pre-hook'] or config['post-hook'] -%}
            {%- set found.is_one = true -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found.is_one) }}
{%- endmacro %}
