-- One row per held-out recipient whose e-mail or address also belongs to somebody of the same campaign who was
-- sent mail: no clean holdout. In a tick: of those with a key that an order of the tick has.
{{ after('int_recipient_keys') }}
with
recipients as (
    select *
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest'
),

held_out as (
    {{ in_scope('recipients', 'int_recipient_keys', recipient_key()) | indent(4) }}
),

also_mailed as (
    {% for key in ['email_canonical_key' if var('email_alias_folding') else 'email_key', 'address_identity'] %}
    select
        held_out.organization_id,
        held_out.campaign_id,
        held_out.recipient_id
    from held_out
    inner join recipients as mailed
        on held_out.organization_id = mailed.organization_id
        and held_out.campaign_id = mailed.campaign_id
        and held_out.{{ key }} = mailed.{{ key }}
    where held_out.is_holdout and not mailed.is_holdout and mailed.sent_at is not null
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from also_mailed
