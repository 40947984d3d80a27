-- One row per campaign and member of its audience, as the provider knows the member today.
with
members as (
    select *
    from {{ ref('int_audience_profiles') }}
    qualify
        row_number() over (
            partition by organization_id, provider, audience_id, recipient_id
            order by said_at desc, payload_hash
        ) = 1
),

campaigns as (select * from {{ ref('int_campaigns') }}),

audience as (
    select
        members.organization_id,
        campaigns.campaign_id,
        members.recipient_id,
        {% for column in profile_columns() %}
        members.{{ column }},
        {% endfor %}
        members.customer_id
    from members
    inner join campaigns
        on members.organization_id = campaigns.organization_id
        and members.audience_id = campaigns.audience_id
        and members.provider = campaigns.audience_provider
)

select * from audience
