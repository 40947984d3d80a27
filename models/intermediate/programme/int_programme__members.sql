-- One row per household of the global draw and key of one of its members, as the audiences know them today: alike for
-- those who may be mailed and those who never are. A key that several households share is not used.
with
members as (
    select
        *,
        {{ email_key('email') }} as written_email_key,
        {{ address_id() }} as address_id
    from {{ ref('int_audience_members') }}
),

emailed as (
    {{ with_email_keys('members') | indent(4) }}
),

addresses as (select * from {{ ref('int_addresses') }}),

draws as (select * from {{ source('ops', 'global_holdouts') }}),

keyed as (
    select
        emailed.organization_id,
        emailed.email_key,
        addresses.address_key,
        md5(coalesce(
            'address:' || addresses.address_key, 'email:' || emailed.email_key, 'recipient:' || emailed.recipient_id
        )) as household_key
    from emailed
    left join addresses on emailed.address_id = addresses.address_id
),

keys as (
    {% for key in ['email_key', 'address_key'] %}
    select distinct
        organization_id,
        household_key,
        '{{ key }}' as key_type,
        {{ key }} as key_value
    from keyed
    where {{ key }} is not null
    {{ "union all" if not loop.last }}
    {% endfor %}
),

unshared as (
    select *
    from keys
    qualify count(*) over (partition by organization_id, key_type, key_value) = 1
),

drawn as (
    select
        draws.organization_id,
        draws.household_key,
        unshared.key_type,
        unshared.key_value,
        draws.is_held_out,
        draws.drawn_at
    from draws
    inner join unshared
        on draws.organization_id = unshared.organization_id
        and draws.household_key = unshared.household_key
)

select * from drawn
