-- One row per campaign and member of its audience, as the provider knows the member today.
with
members as (
    select *
    from {{ ref('int_audience_statements') }}
    qualify
        row_number() over (
            partition by organization_id, campaign_id, recipient_id
            order by said_at desc, loaded_at desc, payload_hash
        ) = 1
),

audience as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ profile_columns() | join(', ') }},
        customer_id
    from members
)

select * from audience
