-- One row per version of an order. Amounts are in the shop's currency; what the customer paid in is kept beside it.
{% set order_fields = [
        'legacyResourceId', 'name', 'email', 'phone', 'test', 'sourceName', 'createdAt', 'processedAt', 'updatedAt',
        'cancelledAt', 'displayFinancialStatus', 'displayFulfillmentStatus', 'currencyCode',
        'presentmentCurrencyCode', 'customer', 'shippingAddress', 'billingAddress',
] %}
{% set address_fields = [
        'name', 'company', 'address1', 'address2', 'city', 'provinceCode', 'zip', 'countryCodeV2',
] %}
{% set sets = {
        'total': 'totalPriceSet',
        'subtotal': 'subtotalPriceSet',
        'discount': 'totalDiscountsSet',
        'shipping': 'totalShippingPriceSet',
        'tax': 'totalTaxSet',
        'refunded': 'totalRefundedSet',
} %}

with
to_read as (
    {{ versions_of_orders('raw_shopify') | indent(4) }}
),

versions as (
    select
        organization_id,
        object_id,
        payload,
        payload_hash,
        changed_at,
        loaded_at,
        {{ json_fields('payload', order_fields) }} as placed
    from to_read
),

addresses as (
    select
        *,
        {{ json_fields('placed.shippingAddress', address_fields) }} as ship,
        {{ json_fields('placed.billingAddress', address_fields) }} as bill
    from versions
),

renamed as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        placed.name as order_number,
        {{ json_text('placed.customer', '$.legacyResourceId') }} as customer_id,
        coalesce(
            {{ trimmed('placed.email') }},
            {{ trimmed(json_text('placed.customer', '$.defaultEmailAddress.emailAddress')) }}
        ) as email,
        placed.phone,
        placed.currencyCode as currency,
        placed.presentmentCurrencyCode as presentment_currency,
        case
            when placed.cancelledAt is not null then 'cancelled'
            when placed.displayFinancialStatus = 'REFUNDED' then 'refunded'
            when placed.displayFulfillmentStatus = 'FULFILLED' then 'fulfilled'
            when placed.displayFinancialStatus in ('PAID', 'PARTIALLY_REFUNDED') then 'paid'
            else 'placed'
        end as status,
        placed.sourceName as source_name,
        {{ json_joined_texts('payload', '$.tags[*]') }} as tags,
        -- each code as the order has it, and as applied; one that stands in both counts once downstream
        nullif(trim(
            both '|' from
            coalesce({{ json_joined_texts('payload', '$.discountCodes[*]') }}, '')
            || '|' || coalesce({{ json_joined_texts('payload', '$.discountApplications.nodes[*].code') }}, '')
        ), '') as discount_codes,
        {% for side in ['ship', 'bill'] %}
        {{ trimmed(side ~ '.name') }} as {{ side }}_name,
        {{ trimmed(side ~ '.company') }} as {{ side }}_company,
        {{ trimmed(side ~ '.address1') }} as {{ side }}_address1,
        {{ trimmed(side ~ '.address2') }} as {{ side }}_address2,
        {{ trimmed(side ~ '.city') }} as {{ side }}_city,
        {{ trimmed(side ~ '.provinceCode') }} as {{ side }}_region,
        {{ trimmed(side ~ '.zip') }} as {{ side }}_postal_code,
        {{ trimmed(side ~ '.countryCodeV2') }} as {{ side }}_country,
        {% endfor %}
        {% for amount_name, field in sets.items() %}
        {{ amount(json_text('payload', '$.' ~ field ~ '.shopMoney.amount')) }} as {{ amount_name }}_amount,
        {% endfor %}
        {{ amount(json_text('payload', '$.totalPriceSet.presentmentMoney.amount')) }} as presentment_total_amount,
        coalesce(try_cast(placed.test as boolean), false) as is_test,
        -- an imported order was created when it was imported, and processed when it was bought
        coalesce({{ utc_time('placed.processedAt') }}, {{ utc_time('placed.createdAt') }}) as ordered_at,
        {{ utc_time(json_text('payload', '$.transactions[0].processedAt')) }} as first_transaction_at,
        {{ utc_time(json_text('payload', '$.fulfillments[0].createdAt')) }} as fulfilled_at,
        {{ utc_time(json_text('payload', '$.refunds[0].createdAt')) }} as refunded_at,
        {{ utc_time('placed.cancelledAt') }} as cancelled_at,
        changed_at as updated_at,
        loaded_at
    from addresses
)

select * from renamed
