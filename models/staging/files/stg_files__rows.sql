-- One row per version of a file's row that still holds: what the file says today (`is_current`) and what it said
-- in earlier wordings. `file_read` counts the readings of a file; a row that a later reading no longer had was
-- written again as a withdrawal, and everything up to it is gone.
{% set entities = [
        'campaigns', 'recipients', 'orders', 'order_lines', 'refunds', 'exclusions', 'subscriptions',
] %}

with
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
    from {{ source('raw_files', entity) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

released as (
    {{ released_rows('versions', ref('stg_ops__held_organizations')) | indent(4) }}
),

files as (select * from {{ ref('stg_files__files') }}),

numbered as (
    select
        *,
        max(file_read) over of_one_row as last_read,
        max(case when is_withdrawal then file_read end) over of_one_row as last_withdrawal
    from released
    window of_one_row as (partition by entity, organization_id, object_id, file_name)
),

holding as (
    select
        numbered.entity,
        numbered.organization_id,
        numbered.object_id,
        numbered.payload,
        numbered.file_name,
        numbered.file_read,
        numbered.row_number,
        numbered.file_read = numbered.last_read as is_current,
        coalesce(
            cast(nullif({{ json_text('numbered.payload', '$.updated_at') }}, '') as timestamp),
            case when numbered.file_read = numbered.last_read then files.file_modified_at end,
            numbered.file_modified_at
        ) as said_at
    from numbered
    left join files on numbered.file_name = files.file_name
    where numbered.file_read > coalesce(numbered.last_withdrawal, 0)
)

select * from holding
