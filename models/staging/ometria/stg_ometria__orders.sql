-- One row per version of an order. There is no street in it: the address can match nothing.
{% set order_fields = [
        'increment_id', 'timestamp', 'status', 'state', 'currency', 'coupon_code', 'channel', 'customer', 'store',
        'grand_total', 'subtotal', 'discount', 'shipping', 'tax', 'total_refunded', 'shipping_address',
        'billing_address', 'lineitems', 'timestamp_update',
] %}
{% set address_fields = ['firstname', 'lastname', 'company', 'city', 'state', 'postcode', 'country_code'] %}
{% set fields = {
        'order_id': ['id', 'object_id', 'required'],
        'updated_at': ['landed_time', 'placed.timestamp_update', none],
        'order_number': ['text', 'placed.increment_id', none],
        'customer_id': ['text', 'customer.id', none],
        'email': ['text', 'customer.email', none],
        'currency': ['currency', 'placed.currency', none],
        'order_status': ['status', 'placed.status', 'decisive'],
        'order_state': ['status', 'placed.state', 'decisive'],
        'source_name': ['text', 'placed.channel', none],
        'discount_codes': ['text', 'placed.coupon_code', none],
        'total_amount': ['amount', 'placed.grand_total', 'required'],
        'subtotal_amount': ['amount', 'placed.subtotal', none],
        'discount_amount': ['amount', 'placed.discount', none],
        'shipping_amount': ['amount', 'placed.shipping', none],
        'tax_amount': ['amount', 'placed.tax', none],
        'line_discount_amount': [
            'amount', 'case when ' ~ json_joined_texts('placed.lineitems', '$[*].discount') ~ ' is not null then cast('
            ~ total_in_list('placed.lineitems', '$[*].discount') ~ ' as varchar) end', none
        ],
        'refunded_amount': ['amount', 'placed.total_refunded', 'decisive'],
        'ordered_at': ['time', 'placed.timestamp', 'required'],
} %}
{% set told_otherwise = [
        'order_id', 'updated_at', 'order_status', 'order_state', 'discount_amount', 'line_discount_amount',
        'refunded_amount',
] %}
{% set parts = {
        'customer': ['object', 'placed.customer', none],
        'shipping_address': ['object', 'placed.shipping_address', none],
        'billing_address': ['object', 'placed.billing_address', none],
        'lineitems': ['list', 'placed.lineitems', none],
} %}
{% for side in ['ship', 'bill'] %}
{% do fields.update({
        side ~ '_name': [
            'text', "coalesce(" ~ side ~ ".firstname, '') || ' ' || coalesce(" ~ side ~ ".lastname, '')", none
        ],
        side ~ '_company': ['text', side ~ '.company', none],
        side ~ '_city': ['address', side ~ '.city', none],
        side ~ '_region': ['address', side ~ '.state', none],
        side ~ '_postal_code': ['address', side ~ '.postcode', none],
        side ~ '_country': ['address', side ~ '.country_code', none],
}) %}
{% for part in ['firstname', 'lastname'] %}
{% do parts.update({side ~ '.' ~ part: ['text', side ~ '.' ~ part, none]}) %}
{% endfor %}
{% endfor %}

with
to_read as (
    {{ versions_of_orders('raw_ometria') | indent(4) }}
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
        {{ json_fields('placed.customer', ['id', 'email']) }} as customer,
        {{ json_fields('placed.shipping_address', address_fields) }} as ship,
        {{ json_fields('placed.billing_address', address_fields) }} as bill,
        lower(concat_ws(' ', placed.state, placed.status)) as states
    from versions
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

-- what of the total neither the goods nor shipping are, both before discounts: nothing, or the tax
added_up as (
    select
        *,
        total_amount - subtotal_amount + coalesce(abs(discount_amount), 0) - coalesce(shipping_amount, 0)
            as untaxed_rest
    from typed
),

renamed as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ fields.keys() | reject('in', told_otherwise) | join(', ') }},
        {% for side in ['ship', 'bill'] %}
        cast(null as varchar) as {{ side }}_address1,
        cast(null as varchar) as {{ side }}_address2,
        {% endfor %}
        cast(null as varchar) as phone,
        -- is_valid says nothing about it: cancelled orders are valid, too
        case
            when states like '%cancel%' then 'cancelled'
            when abs(refunded_amount) >= total_amount and refunded_amount <> 0 then 'refunded'
            when states like '%complete%' then 'fulfilled'
            else 'placed'
        end as status,
        -- Magento writes it with a negative sign; what of it is off shipping only the lines let one know
        abs(discount_amount) as discount_amount,
        abs(refunded_amount) as refunded_amount,
        {{ order_parts({
            'goods_amount': 'subtotal_amount - coalesce(least(abs(discount_amount), abs(line_discount_amount)), 0)',
            'has_tax_in_prices': 'abs(untaxed_rest) < abs(untaxed_rest - tax_amount)',
        }) | indent(8) }},
        unreadable_fields,
        is_held_back,
        updated_at,
        loaded_at
    from added_up
)

select * from renamed
