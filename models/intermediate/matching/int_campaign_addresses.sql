-- One row per campaign and address of its recipients, whatever their arm, status or time, in either reading, with
-- the parts that the tiers compare (a row for each reading of them) and how many recipients have it. In a tick: those
-- that the address of an order may match.
with
recipients as (
    {{ in_scope(ref('int_recipients__keyed'), 'int_addresses__near_orders', ['address_id']) | indent(4) }}
),

addresses as (select * from {{ ref('int_addresses') }}),

parted as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        {{ address_part_columns() }}
    from recipients
    inner join addresses on recipients.address_id = addresses.address_id
    where {{ address_identity('addresses') }} is not null
),

counted as (
    select
        organization_id,
        campaign_id,
        address_identity,
        count(distinct recipient_id) as recipients
    from parted
    group by organization_id, campaign_id, address_identity
),

spelt as (
    select
        parted.organization_id,
        parted.campaign_id,
        parted.address_identity,
        parted.address_reading,
        parted.address_key,
        {% for part in address_compared_parts() %}
        parted.{{ part }},
        {% endfor %}
        parted.address_range_start,
        parted.address_range_end,
        max(counted.recipients) as recipients
    from parted
    inner join counted
        on parted.organization_id = counted.organization_id
        and parted.campaign_id = counted.campaign_id
        and parted.address_identity = counted.address_identity
    group by all
)

select * from spelt
