-- One row per order at a provider that keeps versions of it: the latest that may be read, by the provider's own time of
-- update, where there is one.
{{ after('int_orders__to_read') }}
with
{% for provider in ['ometria', 'shopify', 'commercetools'] %}
{{ provider }}_versions as (
    {{ versions_of_orders('raw_' ~ provider) | indent(4) }}
),

{% endfor %}
versions as (
    {% for provider in ['ometria', 'shopify', 'commercetools'] %}
    select
        '{{ provider }}' as provider,
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ time_within_bounds('changed_at') }} as updated_at,
        loaded_at
    from {{ provider }}_versions
    {{ "union all" if not loop.last }}
    {% endfor %}
),

released as (
    {{ released_rows('versions', ref('stg_ops__held_organizations')) | indent(4) }}
),

latest as (
    select *
    from released
    qualify
        row_number() over (
            partition by provider, organization_id, order_id
            order by coalesce(updated_at, loaded_at) desc, loaded_at desc, payload_hash
        ) = 1
)

select * from latest
