insert into raw_files.orders
with rows as (
    select
        i,
        hash(i + {salt}) as dice,
        case
            when hash(i + 1) % 3 > 0 then recipient_person(cast(hash(i + 2) % {campaigns} as bigint), cast(hash(i + 3) % {per_campaign} as bigint))
            else {people} + cast(hash(i + 4) % {people} as bigint)
        end as person,
        cast(hash(i + 5) % {campaigns} as bigint) as campaign
    from range({first}, {last}) as numbers (i)
),

told as (
    select
        i,
        'o' || i as order_id,
        to_json({{
            'organization_id': 'bench',
            'order_id': 'o' || i,
            'ordered_at': strftime(
                timestamp '2023-11-01' + to_seconds(cast(hash(i + 6) % (1090 * 86400) as bigint)), '%Y-%m-%dT%H:%M:%S'
            ),
            'currency': 'USD',
            'total_amount': cast(10 + dice % 190 as varchar),
            'email': case
                when hash(i + 7) % 20 = 0 then ''
                when hash(i + 7) % 20 < 4 then 'other' || person || '@mail.example'
                else person_email(person)
            end,
            'customer_id': 'k' || person,
            'status': case when dice % 33 = 0 then 'cancelled' when dice % 20 = 0 then 'refunded' else 'paid' end,
            'discount_codes': case
                when hash(i + 8) % 25 = 0 then 'SAVE' || campaign
                when hash(i + 8) % 50 = 1 and campaign % 3 = 0 then 'P' || campaign || '-' || person
                else ''
            end,
            'ship_name': 'Person ' || person,
            'ship_address1': address_of(house_of(person), hash(i + 9) % 2),
            'ship_city': 'Town' || house_of(person) % 9000,
            'ship_postal_code': postcode_of(house_of(person)),
            'ship_country': 'US'
        }})::varchar as payload
    from rows
)

select
    'bench' as organization_id,
    json_array(order_id)::varchar as object_id,
    md5(payload) as payload_hash,
    payload,
    '{file}' as file_name,
    1 as file_read,
    i + 2 as row_number,
    false as is_withdrawal,
    timestamp '{loaded_at}' as file_modified_at,
    timestamp '{loaded_at}' as loaded_at
from told;
