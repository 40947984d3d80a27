-- One row per version of an order, amounts exact from minor units. An order shipped to several places has the first.
{% set order_fields = [
        'orderNumber', 'customerId', 'anonymousId', 'customerEmail', 'orderState', 'paymentState', 'shipmentState',
        'createdAt', 'completedAt', 'origin', 'totalPrice', 'taxedPrice', 'shippingInfo', 'discountOnTotalPrice',
        'billingAddress',
] %}
{% set address_fields = [
        'firstName', 'lastName', 'company', 'email', 'phone', 'mobile', 'streetName', 'streetNumber', 'building',
        'apartment', 'additionalStreetInfo', 'pOBox', 'city', 'region', 'postalCode', 'country',
] %}
{% set money_fields = ['centAmount', 'currencyCode', 'fractionDigits'] %}

with
to_read as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
),

versions as (
    select
        *,
        {{ json_fields('payload', order_fields) }} as placed,
        coalesce(
            {{ json_text('payload', '$.shippingAddress') }},
            {{ json_text('payload', '$.shipping[0].shippingAddress') }},
            {{ json_text('payload', '$.itemShippingAddresses[0]') }}
        ) as shipping_address
    from to_read
),

fields as (
    select
        *,
        {{ json_fields('shipping_address', address_fields) }} as ship,
        {{ json_fields('placed.billingAddress', address_fields) }} as bill,
        -- the price is net or gross by the project's tax mode; what was paid is gross
        {{ json_fields(
            "coalesce(" ~ json_text('placed.taxedPrice', '$.totalGross') ~ ", placed.totalPrice)", money_fields
        ) }} as total,
        {{ json_fields(json_text('placed.taxedPrice', '$.totalTax'), money_fields) }} as tax,
        {{ json_fields(json_text('placed.shippingInfo', '$.price'), money_fields) }} as shipping,
        {{ json_fields(json_text('placed.discountOnTotalPrice', '$.discountedAmount'), money_fields) }} as discount
    from versions
),

renamed as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        placed.orderNumber as order_number,
        coalesce(placed.customerId, placed.anonymousId) as customer_id,
        coalesce({{ trimmed('placed.customerEmail') }}, {{ trimmed('ship.email') }}, {{ trimmed('bill.email') }})
            as email,
        coalesce(ship.phone, ship.mobile) as phone,
        total.currencyCode as currency,
        case
            when placed.orderState = 'Cancelled' then 'cancelled'
            when placed.shipmentState in ('Shipped', 'Delivered') or placed.orderState = 'Complete' then 'fulfilled'
            when placed.paymentState = 'Paid' then 'paid'
            else 'placed'
        end as status,
        placed.origin as source_name,
        {% for side in ['ship', 'bill'] %}
        {{ trimmed("coalesce(" ~ side ~ ".firstName, '') || ' ' || coalesce(" ~ side ~ ".lastName, '')") }}
            as {{ side }}_name,
        {{ trimmed(side ~ '.company') }} as {{ side }}_company,
        coalesce(
            {{ street_line(side ~ '.streetNumber', side ~ '.streetName', side ~ '.country') }},
            'PO BOX ' || {{ trimmed(side ~ '.pOBox') }}
        ) as {{ side }}_address1,
        {{ trimmed(
            "coalesce(" ~ side ~ ".building, '') || ' ' || coalesce(" ~ side ~ ".apartment, '') || ' ' || coalesce("
            ~ side ~ ".additionalStreetInfo, '')"
        ) }} as {{ side }}_address2,
        {{ trimmed(side ~ '.city') }} as {{ side }}_city,
        {{ trimmed(side ~ '.region') }} as {{ side }}_region,
        {{ trimmed(side ~ '.postalCode') }} as {{ side }}_postal_code,
        {{ trimmed(side ~ '.country') }} as {{ side }}_country,
        {% endfor %}
        {% for price in ['total', 'tax', 'shipping', 'discount'] %}
        {{ minor_amount(price ~ '.centAmount', price ~ '.fractionDigits') }} as {{ price }}_amount,
        {% endfor %}
        -- an imported order was created when it was imported
        coalesce({{ utc_time('placed.completedAt') }}, {{ utc_time('placed.createdAt') }}) as ordered_at,
        changed_at as updated_at,
        loaded_at
    from fields
)

select * from renamed
