-- The rows of int_email_matches of orders that this build matches.
{{ config(materialized='view') }}
with
matches as (select * from {{ made_now(ref('int_email_matches')) }})

select * from matches
