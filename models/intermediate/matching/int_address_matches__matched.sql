-- The rows of int_address_matches of orders that this build matches.
{{ config(materialized='view') }}
with
matches as (select * from {{ made_now(ref('int_address_matches')) }})

select * from matches
