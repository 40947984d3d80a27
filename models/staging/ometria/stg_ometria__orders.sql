-- One row per version of an order. There is no street in it: the address can match nothing.
{% set order_fields = [
        'increment_id', 'timestamp', 'status', 'state', 'currency', 'coupon_code', 'channel', 'customer', 'store',
        'grand_total', 'subtotal', 'discount', 'shipping', 'tax', 'total_refunded', 'shipping_address',
        'billing_address',
] %}
{% set customer_fields = ['id', 'email'] %}
{% set address_fields = ['firstname', 'lastname', 'company', 'city', 'state', 'postcode', 'country_code'] %}

with
to_read as (
    {{ versions_of_orders('raw_ometria') | indent(4) }}
),

versions as (
    select
        *,
        {{ json_fields('payload', order_fields) }} as placed
    from to_read
),

fields as (
    select
        *,
        {{ json_fields('placed.customer', customer_fields) }} as customer,
        {{ json_fields('placed.shipping_address', address_fields) }} as ship,
        {{ json_fields('placed.billing_address', address_fields) }} as bill,
        lower(coalesce(placed.state, '') || ' ' || coalesce(placed.status, '')) as states
    from versions
),

renamed as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        placed.increment_id as order_number,
        customer.id as customer_id,
        {{ trimmed('customer.email') }} as email,
        cast(null as varchar) as phone,
        placed.currency,
        -- is_valid says nothing about it: cancelled orders are valid, too
        case
            when states like '%cancel%' then 'cancelled'
            when {{ amount('placed.total_refunded') }} >= {{ amount('placed.grand_total') }} then 'refunded'
            when states like '%complete%' then 'fulfilled'
            else 'placed'
        end as status,
        placed.channel as source_name,
        {{ trimmed('placed.coupon_code') }} as discount_codes,
        {% for side in ['ship', 'bill'] %}
        {{ trimmed("coalesce(" ~ side ~ ".firstname, '') || ' ' || coalesce(" ~ side ~ ".lastname, '')") }}
            as {{ side }}_name,
        {{ trimmed(side ~ '.company') }} as {{ side }}_company,
        cast(null as varchar) as {{ side }}_address1,
        cast(null as varchar) as {{ side }}_address2,
        {{ trimmed(side ~ '.city') }} as {{ side }}_city,
        {{ trimmed(side ~ '.state') }} as {{ side }}_region,
        {{ trimmed(side ~ '.postcode') }} as {{ side }}_postal_code,
        {{ trimmed(side ~ '.country_code') }} as {{ side }}_country,
        {% endfor %}
        -- numbers may come as text, and the discount with Magento's negative sign
        {{ amount('placed.grand_total') }} as total_amount,
        {{ amount('placed.subtotal') }} as subtotal_amount,
        abs({{ amount('placed.discount') }}) as discount_amount,
        {{ amount('placed.shipping') }} as shipping_amount,
        {{ amount('placed.tax') }} as tax_amount,
        {{ amount('placed.total_refunded') }} as refunded_amount,
        {{ utc_time('placed.timestamp') }} as ordered_at,
        changed_at as updated_at,
        loaded_at
    from fields
)

select * from renamed
