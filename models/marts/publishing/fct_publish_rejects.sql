-- One row per destination, account and object that is not there as it should be, and why: `rejected`, `unknown` or in
-- `conflict`. It goes when the object is taken.
{{ config(materialized='view') }}
with
ledger as (select * from {{ source('ops', 'publish_ledger') }}),

rejects as (
    select
        destination,
        account,
        entity,
        sync_key,
        status,
        error_code,
        error_pointer,
        error_message,
        batch_id,
        http_status,
        attempts,
        first_sent_at as first_seen_at,
        last_sent_at as last_seen_at
    from ledger
    where status in ('rejected', 'unknown', 'conflict')
)

select * from rejects
