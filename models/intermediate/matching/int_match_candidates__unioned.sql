-- One row per order, method, campaign and recipient: the candidates of all methods, those of methods that are
-- switched off as well. In a tick: of the orders that it matches anew.
{{ config(materialized='view') }}
with
unioned as (
    {% for method in ['email', 'address', 'discount_code', 'holdout'] %}
    select * from {{ ref('int_match_candidates__' ~ method) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from unioned
