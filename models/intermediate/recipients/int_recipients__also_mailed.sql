-- One row per held-out recipient whose e-mail or address also belongs to somebody of the same campaign who was
-- sent mail: no clean holdout. Of those that match an order of this build.
{% set keys = ['email_canonical_key' if var('email_alias_folding') else 'email_key', 'address_identity'] %}
with
recipients {{ inlined() }} (
    select *
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest'
),

matched as (
    select distinct
        organization_id,
        campaign_id,
        recipient_id
    from {{ ref('int_match_pairs__holdout') }}
),

held_out as (
    select recipients.*
    from {{ ref('int_recipients__matched') }} as recipients
    inner join matched
        on recipients.organization_id = matched.organization_id
        and recipients.campaign_id = matched.campaign_id
        and recipients.recipient_id = matched.recipient_id
),

also_mailed as (
    {% for key in keys %}
    select
        held_out.organization_id,
        held_out.campaign_id,
        held_out.recipient_id
    from held_out
    where exists (
            select 1
            from recipients as mailed
            where mailed.organization_id = held_out.organization_id
                and mailed.campaign_id = held_out.campaign_id
                and mailed.{{ key }} = held_out.{{ key }}
                and not mailed.is_holdout
                and mailed.sent_at is not null
        )
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from also_mailed
