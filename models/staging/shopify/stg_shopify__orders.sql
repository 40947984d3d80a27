-- One row per version of an order. Amounts are in the shop's currency; what the customer paid in is kept beside it.
{% set order_fields = [
        'name', 'email', 'phone', 'test', 'sourceName', 'createdAt', 'processedAt', 'cancelledAt', 'updatedAt',
        'displayFinancialStatus', 'displayFulfillmentStatus', 'currencyCode', 'presentmentCurrencyCode', 'customer',
        'shippingAddress', 'billingAddress', 'tags', 'discountCodes', 'discountApplications', 'lineItems', 'refunds',
        'transactions', 'fulfillments', 'totalPriceSet', 'subtotalPriceSet', 'totalDiscountsSet',
        'totalShippingPriceSet', 'totalTaxSet', 'totalRefundedSet', 'totalTipReceivedSet', 'originalTotalDutiesSet',
        'originalTotalAdditionalFeesSet', 'currentTotalPriceSet', 'currentSubtotalPriceSet', 'currentTotalTaxSet',
        'currentShippingPriceSet', 'taxesIncluded', 'dutiesIncluded', 'shippingLine',
] %}
{% set address_fields = {
        'name': ['name', 'text'],
        'company': ['company', 'text'],
        'address1': ['address1', 'address'],
        'address2': ['address2', 'address'],
        'city': ['city', 'address'],
        'region': ['provinceCode', 'address'],
        'postal_code': ['zip', 'address'],
        'country': ['countryCodeV2', 'address'],
} %}
{% set sets = {
        'total': ['totalPriceSet', 'required'],
        'subtotal': ['subtotalPriceSet', none],
        'discount': ['totalDiscountsSet', none],
        'shipping': ['totalShippingPriceSet', none],
        'tax': ['totalTaxSet', none],
        'tip': ['totalTipReceivedSet', none],
        'duties': ['originalTotalDutiesSet', none],
        'fees': ['originalTotalAdditionalFeesSet', none],
        'left_total': ['currentTotalPriceSet', 'decisive'],
        'left_goods': ['currentSubtotalPriceSet', none],
        'left_shipping': ['currentShippingPriceSet', none],
        'left_tax': ['currentTotalTaxSet', none],
        'refunded': ['totalRefundedSet', 'decisive'],
} %}
{% set fields = {
        'order_id': ['id', 'object_id', 'required'],
        'updated_at': ['landed_time', 'placed.updatedAt', none],
        'order_number': ['text', 'placed.name', none],
        'customer_id': ['text', 'customer.legacyResourceId', none],
        'email': [
            'text', 'coalesce(' ~ trimmed('placed.email') ~ ', ' ~ json_text('customer.defaultEmailAddress', '$.emailAddress')
            ~ ')', none
        ],
        'phone': ['text', 'placed.phone', none],
        'currency': ['currency', 'placed.currencyCode', none],
        'presentment_currency': ['currency', 'placed.presentmentCurrencyCode', none],
        'financial_status': ['status', 'placed.displayFinancialStatus', none],
        'fulfillment_status': ['status', 'placed.displayFulfillmentStatus', none],
        'source_name': ['text', 'placed.sourceName', none],
        'tags': ['codes', 'tag_texts', none],
        'discount_codes': ['codes', 'code_texts', none],
        'is_test': ['flag', 'placed.test', 'decisive'],
        'ordered_at': ['time', 'coalesce(' ~ trimmed('placed.processedAt') ~ ', placed.createdAt)', 'required'],
        'paid_at': ['time', 'first_paid_at', none],
        'fulfilled_at': ['time', 'first_fulfilled_at', none],
        'refunded_at': ['time', 'refund_created_at', none],
        'cancelled_at': ['time', 'placed.cancelledAt', 'decisive'],
        'presentment_total_amount': ['amount', json_text('placed.totalPriceSet', '$.presentmentMoney.amount'), none],
        'taxes_included': ['flag', 'placed.taxesIncluded', none],
        'duties_included': ['flag', 'placed.dutiesIncluded', none],
        'shipping_line_amount': ['amount', json_text('shipping_line.discountedPriceSet', '$.shopMoney.amount'), none],
        'shipping_tax_amount': [
            'amount', 'cast(' ~ total_in_list('shipping_line.taxLines', '$[*].priceSet.shopMoney.amount')
            ~ ' as varchar)', none
        ],
} %}
{% set told_otherwise = ['order_id', 'updated_at', 'is_test', 'financial_status', 'fulfillment_status'] %}
{% set totals_told = [
        'total_amount', 'subtotal_amount', 'shipping_amount', 'tax_amount', 'tip_amount', 'duties_amount',
        'fees_amount', 'left_total_amount', 'left_goods_amount', 'left_shipping_amount', 'left_tax_amount',
        'shipping_line_amount', 'shipping_tax_amount', 'taxes_included', 'duties_included',
] %}
{% set parts = {
        'customer.defaultEmailAddress': ['object', 'customer.defaultEmailAddress', none],
        'lineItems.nodes': ['list', 'line_nodes', none],
} %}
{% for part in ['customer', 'shippingAddress', 'billingAddress', 'discountApplications', 'lineItems'] %}
{% do parts.update({part: ['object', 'placed.' ~ part, none]}) %}
{% endfor %}
{% for part in ['tags', 'discountCodes', 'refunds', 'transactions', 'fulfillments'] %}
{% do parts.update({part: ['list', 'placed.' ~ part, none]}) %}
{% endfor %}
{% for name, (set, need) in sets.items() %}
-- a set without an amount is said, and cannot be read
{% do fields.update({
        name ~ '_amount': [
            'amount', 'coalesce(' ~ json_text('placed.' ~ set, '$.shopMoney.amount') ~ ', placed.' ~ set ~ ')', need
        ],
}) %}
{% endfor %}
{% for side in ['ship', 'bill'] %}
{% for column, (field, kind) in address_fields.items() %}
{% do fields.update({side ~ '_' ~ column: [kind, side ~ '.' ~ field, none]}) %}
{% endfor %}
{% endfor %}
{% set duties_in_goods = 'case when duties_included then coalesce(duties_amount, 0) else 0 end' %}

with
to_read as (
    {{ versions_of_orders('raw_shopify') | indent(4) }}
),

versions as (
    select
        organization_id,
        object_id,
        payload_hash,
        {{ time_within_bounds('changed_at') }} as updated_at,
        loaded_at,
        {{ json_fields('payload', order_fields) }} as placed
    from to_read
),

said as (
    select
        *,
        {{ json_fields('placed.customer', ['legacyResourceId', 'defaultEmailAddress']) }} as customer,
        {{ json_fields('placed.lineItems', ['nodes']) }}.nodes as line_nodes,
        {{ earliest_in_list(
            'placed.transactions', ['kind', 'status', 'processedAt'], 'processedAt',
            "item.kind in ('SALE', 'CAPTURE') and item.status = 'SUCCESS'"
        ) }} as first_paid_at,
        {{ earliest_in_list(
            'placed.fulfillments', ['status', 'createdAt'], 'createdAt',
            "item.status not in ('CANCELLED', 'ERROR', 'FAILURE')"
        ) }} as first_fulfilled_at,
        {{ json_text('placed.refunds', '$[0].createdAt') }} as refund_created_at,
        {{ json_joined_texts('placed.tags', '$[*]') }} as tag_texts,
        -- each code as the order has it, and as applied; one that stands in both counts once downstream
        concat_ws(
            '|',
            {{ json_joined_texts('placed.discountCodes', '$[*]') }},
            {{ json_joined_texts('placed.discountApplications', '$.nodes[*].code') }}
        ) as code_texts,
        {{ json_fields('placed.shippingLine', ['discountedPriceSet', 'taxLines']) }} as shipping_line,
        {{ json_fields('placed.shippingAddress', address_fields.values() | map('first') | list) }} as ship,
        {{ json_fields('placed.billingAddress', address_fields.values() | map('first') | list) }} as bill
    from versions
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

-- an edit leaves the total as it was placed, and says what is left; so do returns and refunds
standing as (
    select
        *,
        case
            when cancelled_at is null
                then greatest(left_total_amount, least(left_total_amount + coalesce(refunded_amount, 0), total_amount))
        end as edited_total_amount,
        cancelled_at is null and refunded_amount = 0 and left_goods_amount is not null and left_tax_amount is not null
            as is_all_left
    from typed
),

renamed as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ fields.keys() | reject('in', told_otherwise + totals_told) | join(', ') }},
        cast(coalesce(edited_total_amount, total_amount) as decimal(18, 4)) as total_amount,
        case when is_all_left then left_goods_amount else subtotal_amount end as subtotal_amount,
        coalesce(shipping_line_amount, shipping_amount) as shipping_amount,
        case when is_all_left then left_tax_amount else tax_amount end as tax_amount,
        {{ order_parts({
            'goods_amount': 'case when is_all_left then left_goods_amount else subtotal_amount end - ' ~ duties_in_goods,
            'shipping_tax_amount': 'shipping_tax_amount',
            'other_amount': 'coalesce(tip_amount, 0) + coalesce(duties_amount, 0) + coalesce(fees_amount, 0)',
            'parts_total_amount': 'case when is_all_left then left_total_amount else total_amount end',
            'left_shipping_amount': 'coalesce(left_shipping_amount, shipping_line_amount)',
            'left_goods_amount': 'left_goods_amount - ' ~ duties_in_goods,
            'left_tax_amount': 'left_tax_amount',
            'has_tax_in_prices': 'taxes_included',
        }) | indent(8) }},
        case
            when cancelled_at is not null then 'cancelled'
            when financial_status = 'REFUNDED' then 'refunded'
            when fulfillment_status = 'FULFILLED' then 'fulfilled'
            when financial_status in ('PAID', 'PARTIALLY_REFUNDED') then 'paid'
            else 'placed'
        end as status,
        coalesce(is_test, false) as is_test,
        unreadable_fields,
        is_held_back,
        updated_at,
        loaded_at
    from standing
)

select * from renamed
