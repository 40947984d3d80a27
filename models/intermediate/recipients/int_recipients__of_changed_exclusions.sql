-- One row per recipient whom a changed exclusion concerns, by name or by any key. Empty outside ticks.
with
exclusions as (
    select *
    from {{ ref('int_build__changed_parties') }}
    where kind = 'exclusion'
),

keyed {{ inlined() }} (
    select *
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest'
),

recipients as (
    {% for ours, theirs in {
        'keyed.written_email_key': 'email_key', 'keyed.address_key': 'address_key', 'keyed.recipient_id': 'recipient_id',
        email_domain('keyed.written_email_key'): 'email_domain',
    }.items() %}
    select
        keyed.organization_id,
        keyed.campaign_id,
        keyed.recipient_id
    from keyed
    inner join exclusions
        on keyed.organization_id = exclusions.organization_id
        and {{ ours }} = exclusions.{{ theirs }}
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from recipients
where {{ only_in_ticks() }}
