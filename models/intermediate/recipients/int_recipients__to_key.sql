-- One row per recipient whose keys a tick makes: those that it read, and all of an organization whose country changed,
-- or all there are where the vocabulary did.
with
to_key as (
    select
        organization_id,
        campaign_id,
        recipient_id
    from {{ ref('int_recipients__to_read') }}
    {% for relation in [ref('int_recipients__latest'), ref('int_recipients__restated')] %}
    union
    select
        organization_id,
        campaign_id,
        recipient_id
    from {{ relation }}
    where organization_id in (
            select organization_id
            from {{ ref('int_build__changed_settings') }}
            where kind = 'key'
        )
    {% endfor %}
)

select * from to_key
where {{ only_in_ticks() }}
