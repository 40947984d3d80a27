-- One row per recipient (latest reading) who wins an order and is, or whose e-mail, domain or address is, excluded.
-- In a tick: an order that it decides anew.
{% set is_winner -%}
    exists (
        select 1
        from winners
        where winners.organization_id = keyed.organization_id
            and winners.campaign_id = keyed.campaign_id
            and winners.recipient_id = keyed.recipient_id
    )
{%- endset %}

with
candidates as (select * from {{ ref('int_match_candidates__decided') }}),

winners as (
    select *
    from candidates
    where match_rank = 1
),

identifiers as (
    select
        *,
        {{ email_domain('written_email_key') }} as email_domain
    from {{ ref('int_recipients__keyed') }} as keyed
    where reading = 'latest'
        and {{ few_rows(ref('int_recipients__keyed'), 'keyed', is_winner) if is_tick() else is_winner }}
),

exclusions as (select * from {{ ref('int_exclusion_keys') }}),

hits as ({{ excluded_identifiers('identifiers', 'exclusions') }})

select * from hits
