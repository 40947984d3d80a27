-- One row per order of the provider its organization uses, as this build reads it: in a tick those that it reads,
-- otherwise all. With what could not be read (`unreadable_fields`); one that is held back takes part in nothing. Rows
-- in `refunds/` count before the order's own. An order without a currency has the organization's.
{{ after('int_orders__to_read') }}
{% set refund_problem = "case when refunds.is_unreadable then 'refunded_amount=not_readable' end" %}
{% set is_currency_read = "'|' || coalesce(unioned.unreadable_fields, '') not like '%|currency=%'" %}
{% set currency_problem = "case when currencies.currency is null and " ~ is_currency_read
    ~ " then 'currency=not_a_currency' end" %}

with
unioned as (
    {% for provider in ['files', 'klaviyo', 'ometria', 'shopify', 'commercetools'] %}
    select
        organization_id,
        order_id,
        provider,
        {{ order_text_columns() | join(', ') }},
        unreadable_fields,
        {{ (order_amount_columns() + order_part_columns()) | join(', ') }},
        has_tax_in_prices,
        is_test,
        is_held_back,
        {{ order_time_columns() | join(', ') }},
        loaded_at
    from {{ ref('int_orders__' ~ provider) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

complete as (
    select
        unioned.organization_id,
        unioned.order_id,
        unioned.provider,
        {% for column in order_text_columns() if column != 'currency' %}
        unioned.{{ column }},
        {% endfor %}
        currencies.currency,
        {{ joined_problems(['unioned.unreadable_fields', refund_problem, currency_problem]) }} as unreadable_fields,
        {% for column in order_amount_columns() if column != 'refunded_amount' %}
        unioned.{{ column }},
        {% endfor %}
        coalesce(refunds.refunded_amount, unioned.refunded_amount) as refunded_amount,
        {% for column in order_part_columns() %}
        unioned.{{ column }},
        {% endfor %}
        unioned.has_tax_in_prices,
        currencies.fraction_digits,
        unioned.is_test,
        coalesce(unioned.is_held_back, false) or coalesce(refunds.is_unreadable, false) or currencies.currency is null
            as is_held_back,
        {% for column in order_time_columns() if column != 'refunded_at' %}
        unioned.{{ column }},
        {% endfor %}
        coalesce(refunds.refunded_at, unioned.refunded_at) as refunded_at,
        unioned.loaded_at
    from unioned
    inner join {{ ref('int_organizations') }} as organizations
        on unioned.organization_id = organizations.organization_id
        and unioned.provider = organizations.provider
    left join {{ ref('currencies') }} as currencies
        on upper(coalesce(unioned.currency, organizations.currency)) = currencies.currency
        -- one that is there and cannot be read is not taken for another
        and {{ is_currency_read }}
    left join {{ ref('int_refunds') }} as refunds
        on unioned.organization_id = refunds.organization_id
        and unioned.order_id = refunds.order_id
)

select * from complete
