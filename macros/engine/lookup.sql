-- An aggregate: a text-to-text table folded into one value that `looked_up` reads. DuckDB searches a map from its
-- first key to its last, so the keys are spread over 1,024 small ones.
{% macro lookup_index(key, value) -%}
    {{ return(adapter.dispatch('lookup_index', 'matchback')(key, value)) }}
{%- endmacro %}

{% macro default__lookup_index(key, value) -%}
    list_transform(
        range(1024),
        lambda bucket: map_from_entries(
            list_filter(list(({{ key }}, {{ value }})), lambda entry: hash(entry[1]) % 1024 = bucket)
        )
    )
{%- endmacro %}

{% macro spark__lookup_index(key, value) -%}
    map_from_entries(collect_list(struct({{ key }}, {{ value }})))
{%- endmacro %}

-- The value of a key; null where the index has none.
{% macro looked_up(index, key) -%}
    {{ return(adapter.dispatch('looked_up', 'matchback')(index, key)) }}
{%- endmacro %}

{% macro default__looked_up(index, key) -%}
    {{ index }}[cast(hash({{ key }}) % 1024 as integer) + 1][{{ key }}]
{%- endmacro %}

{% macro spark__looked_up(index, key) -%}
    {{ index }}[{{ key }}]
{%- endmacro %}
