-- The ranked candidates of orders that this build decides.
{{ config(materialized='view') }}
with
candidates as (select * from {{ made_now(ref('int_match_candidates__ranked')) }})

select * from candidates
