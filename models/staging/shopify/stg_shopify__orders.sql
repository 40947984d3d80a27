-- One row per version of an order. Amounts are in the shop's currency; what the customer paid in is kept beside it.
{% set order_fields = [
        'name', 'email', 'phone', 'test', 'sourceName', 'createdAt', 'processedAt', 'cancelledAt', 'updatedAt',
        'displayFinancialStatus', 'displayFulfillmentStatus', 'currencyCode', 'presentmentCurrencyCode', 'customer',
        'shippingAddress', 'billingAddress', 'tags', 'discountCodes', 'discountApplications', 'lineItems', 'refunds',
        'transactions', 'fulfillments', 'totalPriceSet', 'subtotalPriceSet', 'totalDiscountsSet',
        'totalShippingPriceSet', 'totalTaxSet', 'totalRefundedSet',
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
        'first_transaction_at': ['time', 'transacted_at', none],
        'fulfilled_at': ['time', 'fulfillment_created_at', none],
        'refunded_at': ['time', 'refund_created_at', none],
        'cancelled_at': ['time', 'placed.cancelledAt', 'decisive'],
        'presentment_total_amount': ['amount', json_text('total.presentmentMoney', '$.amount'), none],
} %}
{% set told_otherwise = ['order_id', 'updated_at', 'is_test', 'financial_status', 'fulfillment_status'] %}
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
{% do fields.update({name ~ '_amount': ['amount', json_text(name ~ '.shopMoney', '$.amount'), need]}) %}
{% do parts.update({
        set: ['object', 'placed.' ~ set, need],
        set ~ '.shopMoney': ['object', name ~ '.shopMoney', need],
}) %}
{% endfor %}
{% for side in ['ship', 'bill'] %}
{% for column, (field, kind) in address_fields.items() %}
{% do fields.update({side ~ '_' ~ column: [kind, side ~ '.' ~ field, none]}) %}
{% endfor %}
{% endfor %}

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
        {{ json_text('placed.transactions', '$[0].processedAt') }} as transacted_at,
        {{ json_text('placed.fulfillments', '$[0].createdAt') }} as fulfillment_created_at,
        {{ json_text('placed.refunds', '$[0].createdAt') }} as refund_created_at,
        {{ json_joined_texts('placed.tags', '$[*]') }} as tag_texts,
        -- each code as the order has it, and as applied; one that stands in both counts once downstream
        concat_ws(
            '|',
            {{ json_joined_texts('placed.discountCodes', '$[*]') }},
            {{ json_joined_texts('placed.discountApplications', '$.nodes[*].code') }}
        ) as code_texts,
        {% for name, (set, _) in sets.items() %}
        {{ json_fields('placed.' ~ set, ['shopMoney', 'presentmentMoney']) }} as {{ name }},
        {% endfor %}
        {{ json_fields('placed.shippingAddress', address_fields.values() | map('first') | list) }} as ship,
        {{ json_fields('placed.billingAddress', address_fields.values() | map('first') | list) }} as bill
    from versions
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ fields.keys() | reject('in', told_otherwise) | join(', ') }},
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
    from typed
)

select * from renamed
