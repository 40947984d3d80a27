-- One row per version of a file's row that still holds: what the file says today (`is_current`) and what it said
-- in earlier wordings. `file_read` counts the readings of a file; a row that a later reading no longer had was
-- written again as a withdrawal, and everything up to it is gone. Most keys have one row in all (`is_alone`), and
-- those are not sorted.
{% set entities = ['campaigns', 'order_lines', 'exclusions', 'subscriptions', 'orders', 'recipients', 'refunds'] %}

with
{% for entity, to_read, key in [
    ('orders', 'orders_to_read', 'versions.object_id'),
    ('recipients', 'recipients_to_read', 'versions.object_id'),
    ('refunds', 'orders_to_read', json_key([json_text('versions.object_id', '$[0]')])),
] %}
{{ entity }}_to_read as (
    {{ versions_to_read(
        source('raw_files', entity), to_read, {'versions.organization_id': 'organization_id', key: 'file_object_id'}
    ) | indent(4) }}
),

{% endfor %}
versions as (
    {% for entity in entities %}
    select
        '{{ entity }}' as entity,
        organization_id,
        object_id,
        payload,
        file_name,
        file_read,
        row_number,
        is_withdrawal,
        file_modified_at,
        loaded_at
    from {{ entity ~ '_to_read' if loop.index > 4 else source('raw_files', entity) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

released as (
    {{ released_rows('versions', ref('stg_ops__held_organizations')) | indent(4) }}
),

files as (select * from {{ ref('stg_files__files') }}),

with_several as (
    select
        entity,
        organization_id,
        object_id
    from released
    group by entity, organization_id, object_id
    having count(*) > 1
),

compared as (
    select
        *,
        true as is_alone,
        file_read as last_read,
        case when is_withdrawal then file_read end as last_withdrawal
    from released
    where not exists (
            select 1
            from with_several
            where with_several.entity = released.entity
                and with_several.organization_id = released.organization_id
                and with_several.object_id = released.object_id
        )
    union all
    select
        released.*,
        false as is_alone,
        max(released.file_read) over of_one_row as last_read,
        max(case when released.is_withdrawal then released.file_read end) over of_one_row as last_withdrawal
    from released
    inner join with_several
        on released.entity = with_several.entity
        and released.organization_id = with_several.organization_id
        and released.object_id = with_several.object_id
    window of_one_row as (
        partition by released.entity, released.organization_id, released.object_id, released.file_name
    )
),

holding as (
    select
        compared.entity,
        compared.organization_id,
        compared.object_id,
        compared.payload,
        compared.file_name,
        compared.file_read,
        compared.row_number,
        compared.is_alone,
        compared.file_read = compared.last_read as is_current,
        coalesce(
            cast(nullif({{ json_text('compared.payload', '$.updated_at') }}, '') as timestamp),
            case when compared.file_read = compared.last_read then files.file_modified_at end,
            compared.file_modified_at
        ) as said_at
    from compared
    left join files on compared.file_name = files.file_name
    where compared.file_read > coalesce(compared.last_withdrawal, 0)
)

select * from holding
