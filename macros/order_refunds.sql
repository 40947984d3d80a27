-- Where only the sum of an order's refunds is told, each rise of it above all that was told before is a refund, named
-- by the sum. A sum that falls again takes nothing back: what was published of it cannot be.
{% macro rises_of_refunds(states, state_order) -%}
    select
        organization_id,
        order_id,
        cast(refunded_amount as varchar) as refund_id,
        cast(null as varchar) as reason,
        cast(null as varchar) as unreadable_fields,
        cast(refunded_amount - coalesce(told_before, 0) as decimal(18, 4)) as amount,
        false as is_held_back,
        observed_at as refunded_at,
        loaded_at
    from (
        select
            *,
            max(refunded_amount) over (
                partition by organization_id, order_id
                order by {{ state_order }}
                rows between unbounded preceding and 1 preceding
            ) as told_before
        from {{ states }}
    ) as compared
    where refunded_amount > coalesce(told_before, 0)
{%- endmacro %}

-- The part of an order's subtotal that goes with a part of its total, in whole units of the currency's smallest coin.
{% macro subtotal_share(refunded_amount) -%}
    {%- set share = "cast(" ~ refunded_amount ~ " as " ~ total_type() ~ ") * subtotal_amount / nullif(total_amount, 0)" -%}
    case
        when {{ refunded_amount }} <= 0 then 0
        when {{ refunded_amount }} >= total_amount then subtotal_amount
        else {{ in_coins(share, 'cast(' ~ fraction_digits('currency') ~ ' as integer)') | indent(8) }}
    end
{%- endmacro %}
