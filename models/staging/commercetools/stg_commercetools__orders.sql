-- One row per version of an order, amounts exact from minor units. An order shipped to several places has the first.
{% set order_fields = [
        'orderNumber', 'customerId', 'anonymousId', 'customerEmail', 'orderState', 'paymentState', 'shipmentState',
        'createdAt', 'completedAt', 'origin', 'totalPrice', 'taxedPrice', 'shippingInfo', 'discountOnTotalPrice',
        'shippingAddress', 'billingAddress', 'shipping', 'itemShippingAddresses', 'lineItems', 'discountCodes',
        'paymentInfo', 'lastModifiedAt', 'taxedShippingPrice', 'customLineItems',
] %}
{% set address_fields = [
        'firstName', 'lastName', 'company', 'email', 'phone', 'mobile', 'streetName', 'streetNumber', 'building',
        'apartment', 'additionalStreetInfo', 'pOBox', 'city', 'region', 'postalCode', 'country',
] %}
{% set fields = {
        'order_id': ['id', 'object_id', 'required'],
        'updated_at': ['landed_time', 'placed.lastModifiedAt', none],
        'order_number': ['text', 'placed.orderNumber', none],
        'customer_id': ['text', 'coalesce(placed.customerId, placed.anonymousId)', none],
        'email': [
            'text', 'coalesce(' ~ trimmed('placed.customerEmail') ~ ', ' ~ trimmed('ship.email') ~ ', bill.email)', none
        ],
        'phone': ['text', 'coalesce(ship.phone, ship.mobile)', none],
        'currency': ['currency', 'total.currencyCode', none],
        'order_state': ['status', 'placed.orderState', 'decisive'],
        'payment_state': ['status', 'placed.paymentState', none],
        'shipment_state': ['status', 'placed.shipmentState', none],
        'source_name': ['text', 'placed.origin', none],
        'discount_amount': ['amount', minor_units('discount'), none],
        'ordered_at': ['time', 'coalesce(' ~ trimmed('placed.completedAt') ~ ', placed.createdAt)', 'required'],
} %}
{% set prices = commercetools_price_fields('required') %}
{% do fields.update(prices) %}
{% set told_otherwise = ['order_id', 'updated_at', 'order_state', 'payment_state', 'shipment_state']
    + (prices.keys() | reject('equalto', 'total_amount') | list) %}
{% set parts = {
        'shipping': ['list', 'placed.shipping', none],
        'itemShippingAddresses': ['list', 'placed.itemShippingAddresses', none],
        'lineItems': ['list', 'placed.lineItems', none],
        'discountCodes': ['list', 'placed.discountCodes', none],
        'paymentInfo': ['object', 'placed.paymentInfo', 'decisive'],
        'paymentInfo.payments': ['list', 'payment_references', 'decisive'],
} %}
{% do parts.update(commercetools_price_parts('placed')) %}
{% for part in ['shippingAddress', 'billingAddress', 'discountOnTotalPrice'] %}
{% do parts.update({part: ['object', 'placed.' ~ part, none]}) %}
{% endfor %}
{% for side in ['ship', 'bill'] %}
{% do fields.update({
        side ~ '_name': [
            'text', "coalesce(" ~ side ~ ".firstName, '') || ' ' || coalesce(" ~ side ~ ".lastName, '')", none
        ],
        side ~ '_company': ['text', side ~ '.company', none],
        side ~ '_address1': [
            'address', 'coalesce(' ~ street_line(side ~ '.streetNumber', side ~ '.streetName', side ~ '.country')
            ~ ", 'PO BOX ' || " ~ trimmed(side ~ '.pOBox') ~ ')', none
        ],
        side ~ '_address2': [
            'address', "coalesce(" ~ side ~ ".building, '') || ' ' || coalesce(" ~ side ~ ".apartment, '') || ' ' || coalesce("
            ~ side ~ ".additionalStreetInfo, '')", none
        ],
        side ~ '_city': ['address', side ~ '.city', none],
        side ~ '_region': ['address', side ~ '.region', none],
        side ~ '_postal_code': ['address', side ~ '.postalCode', none],
        side ~ '_country': ['address', side ~ '.country', none],
}) %}
{% for part in [
        'firstName', 'lastName', 'streetName', 'streetNumber', 'building', 'apartment', 'additionalStreetInfo', 'pOBox',
] %}
{% do parts.update({side ~ '.' ~ part: ['address', side ~ '.' ~ part, none]}) %}
{% endfor %}
{% endfor %}

with
to_read as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
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

priced as (
    {{ commercetools_prices('versions', 'placed') | indent(4) }}
),

said as (
    select
        *,
        {{ json_fields('placed.paymentInfo', ['payments']) }}.payments as payment_references,
        {{ json_fields(
            "coalesce(placed.shippingAddress, " ~ json_text('placed.shipping', '$[0].shippingAddress') ~ ", "
            ~ json_text('placed.itemShippingAddresses', '$[0]') ~ ")", address_fields
        ) }} as ship,
        {{ json_fields('placed.billingAddress', address_fields) }} as bill,
        {{ json_fields(json_text('placed.discountOnTotalPrice', '$.discountedAmount'), money_fields()) }} as discount,
        coalesce(placed.shippingInfo, {{ json_text('placed.shipping', '$[0]') }}) as said_is_shipped
    from priced
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
        {{ commercetools_tax() }} as tax_amount,
        {{ commercetools_shipping() | indent(8) }} as shipping_amount,
        {{ order_parts({
            'goods_amount': commercetools_goods(),
            'other_amount': 'fee_amount',
            'has_tax_in_prices': 'false',
        }) | indent(8) }},
        case
            when order_state = 'Cancelled' then 'cancelled'
            when shipment_state in ('Shipped', 'Delivered') or order_state = 'Complete' then 'fulfilled'
            when payment_state = 'Paid' then 'paid'
            else 'placed'
        end as status,
        unreadable_fields,
        is_held_back,
        updated_at,
        loaded_at
    from typed
)

select * from renamed
