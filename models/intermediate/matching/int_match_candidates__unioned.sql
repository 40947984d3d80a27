-- One row per order, method, campaign and recipient: the candidates of all methods, those of methods that are
-- switched off as well.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_decide', 'keys': order_key(), 'condition': 'scope.is_to_match'},
) }}
{{ after('int_orders__to_decide') }}
with
unioned as (
    {% for method in ['email', 'address', 'discount_code', 'holdout'] %}
    select * from {{ ref('int_match_candidates__' ~ method) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from unioned
