-- One row per destination, account and day (UTC) on which anything was published: what became of it.
{{ config(materialized='view') }}
with
runs as (select * from {{ source('ops', 'publish_runs') }}),

days as (
    select
        destination,
        account,
        organization_id,
        cast(started_at as date) as run_date,
        count(distinct run_id) as runs,
        count(distinct case when error is not null or finished_at is null then run_id end) as failed_runs,
        cast(sum(requests) as bigint) as requests,
        cast(sum(sent_rows) as bigint) as sent_rows,
        cast(sum(rejected_rows) as bigint) as rejected_rows,
        cast(sum(unknown_rows) as bigint) as unknown_rows,
        cast(sum(conflict_rows) as bigint) as conflict_rows,
        max_by(error, run_id) filter (where error is not null) as last_error
    from runs
    group by destination, account, organization_id, cast(started_at as date)
)

select * from days
