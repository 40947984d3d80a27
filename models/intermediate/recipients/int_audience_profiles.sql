-- One row per version of a member of an audience, at whatever provider the audience is. Who was a member once stays
-- one, except at Ometria, which says who left.
with
unioned as (
    {% set members = {
            'klaviyo': ref('stg_klaviyo__audience_members'),
            'ometria': ref('int_audience_members__ometria'),
            'shopify': ref('stg_shopify__audience_members'),
    } %}
    {% for provider, relation in members.items() %}
    select
        organization_id,
        '{{ provider }}' as provider,
        audience_id,
        recipient_id,
        payload_hash,
        customer_id,
        {{ profile_columns() | join(', ') }},
        said_at,
        loaded_at
    from {{ relation }}
    where is_held_back is not true
    {{ "union all" if not loop.last }}
    {% endfor %}
),

released as (
    {{ released_rows('unioned', ref('stg_ops__held_organizations')) | indent(4) }}
)

select * from released
