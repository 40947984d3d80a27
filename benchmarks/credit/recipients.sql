insert into raw_files.recipients
with rows as (
    select
        i,
        i // {per_campaign} as campaign,
        recipient_person(i // {per_campaign}, i % {per_campaign}) as person
    from range({first}, {last}) as numbers (i)
),

told as (
    select
        i,
        'c' || campaign as campaign_id,
        'r' || person as recipient_id,
        to_json({{
            'organization_id': 'bench',
            'campaign_id': 'c' || campaign,
            'recipient_id': 'r' || person,
            'created_at': strftime(launch_of(campaign), '%Y-%m-%dT%H:%M:%S'),
            'is_holdout': case when hash(i) % 10 = 0 then 'true' else 'false' end,
            'sent_at': case
                when hash(i) % 10 > 0 and hash(i + 7) % 20 > 0
                    then strftime(launch_of(campaign) + interval 3 day, '%Y-%m-%dT%H:%M:%S')
                else ''
            end,
            'email': case when hash(person + 8) % 10 > 0 then person_email(person) else '' end,
            'address1': address_of(house_of(person), 0),
            'city': 'Town' || house_of(person) % 9000,
            'postal_code': postcode_of(house_of(person)),
            'discount_code': case when campaign % 3 = 0 then 'P' || campaign || '-' || person else '' end,
            'segment': (['', 'vip', 'new'])[1 + cast(hash(person) % 3 as int)]
        }})::varchar as payload
    from rows
)

select
    'bench' as organization_id,
    json_array(campaign_id, recipient_id)::varchar as object_id,
    md5(payload) as payload_hash,
    payload,
    'recipients/mailed.csv' as file_name,
    1 as file_read,
    i + 2 as row_number,
    false as is_withdrawal,
    timestamp '2026-11-01' as file_modified_at,
    timestamp '2026-11-02' as loaded_at
from told;
