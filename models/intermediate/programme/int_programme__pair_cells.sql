-- One row per pair of overlapping campaigns that share households and cell of the two by two: how many were mailed by
-- neither, one or both, and the sums of what they ordered in either window.
with
households as (
    select
        *,
        case when orders > 0 then 1 else 0 end as buyers
    from {{ ref('int_programme__pair_households') }}
),

cells as (
    select
        organization_id,
        first_campaign_id,
        second_campaign_id,
        is_first_treated,
        is_second_treated,
        {% for figure in programme_metrics().values() %}
        cast(sum({{ figure }}) as double) as {{ figure }},
        {{ product_total(figure, figure) }} as squared_{{ figure }},
        {% endfor %}
        count(*) as households
    from households
    group by organization_id, first_campaign_id, second_campaign_id, is_first_treated, is_second_treated
)

select * from cells
