-- One row per step and organization, or campaign, whose settings are others than when the last build ended; those that
-- are new or gone among them.
with
now as (select * from {{ ref('int_build__settings') }}),

built as (select * from {{ source('ops', 'built_settings') }}),

changed as (
    {% for one, other in [('now', 'built'), ('built', 'now')] %}
    select
        {{ one }}.kind,
        {{ one }}.organization_id,
        {{ one }}.item_id
    from {{ one }}
    left join {{ other }}
        on {{ one }}.kind = {{ other }}.kind
        and {{ one }}.organization_id = {{ other }}.organization_id
        and {{ one }}.item_id = {{ other }}.item_id
        and {{ one }}.fingerprint = {{ other }}.fingerprint
    where {{ other }}.kind is null
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from changed
