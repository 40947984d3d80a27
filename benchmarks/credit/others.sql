insert into raw_files.campaigns
select
    'bench' as organization_id,
    json_array('c' || i)::varchar as object_id,
    md5('c' || i) as payload_hash,
    to_json({{
        'organization_id': 'bench',
        'campaign_id': 'c' || i,
        'name': 'Mailing ' || i,
        'discount_codes': 'SAVE' || i,
        'launched_at': strftime(launch_of(i), '%Y-%m-%dT%H:%M:%S'),
        'window_days': '60'
    }})::varchar as payload,
    'campaigns/all.csv' as file_name,
    1 as file_read,
    i + 2 as row_number,
    false as is_withdrawal,
    timestamp '2026-11-01' as file_modified_at,
    timestamp '2026-11-02' as loaded_at
from range({campaigns}) as numbers (i);

insert into raw_files.exclusions
select
    'bench' as organization_id,
    json_array('x' || i)::varchar as object_id,
    md5('x' || i) as payload_hash,
    to_json({{
        'organization_id': 'bench', 'exclusion_id': 'x' || i, 'email': person_email(cast(hash(i) % {people} as bigint))
    }})::varchar as payload,
    'exclusions/all.csv' as file_name,
    1 as file_read,
    i + 2 as row_number,
    false as is_withdrawal,
    timestamp '2026-11-01' as file_modified_at,
    timestamp '2026-11-02' as loaded_at
from range(100) as numbers (i);

insert into raw_files.subscriptions
select
    'bench' as organization_id,
    json_array('s' || i)::varchar as object_id,
    md5('s' || i) as payload_hash,
    to_json({{
        'organization_id': 'bench',
        'subscription_id': 's' || i,
        'started_at': '2024-06-01T00:00:00',
        'ended_at': '2025-06-01T00:00:00',
        'customer_id': 'k' || cast(hash(i) % {people} as bigint)
    }})::varchar as payload,
    'subscriptions/all.csv' as file_name,
    1 as file_read,
    i + 2 as row_number,
    false as is_withdrawal,
    timestamp '2026-11-01' as file_modified_at,
    timestamp '2026-11-02' as loaded_at
from range({people} // 200) as numbers (i);

insert into raw_files.files
select
    unnest([
        'recipients/mailed.csv', 'orders/2026-11-02.csv', 'campaigns/all.csv', 'exclusions/all.csv',
        'subscriptions/all.csv'
    ]) as file_name,
    split_part(file_name, '/', 1) as entity,
    '' as content_hash,
    1 as file_read,
    0 as file_size,
    0 as row_count,
    '' as organizations_left_out,
    timestamp '2026-11-01' as file_modified_at,
    timestamp '2026-11-02' as loaded_at;
