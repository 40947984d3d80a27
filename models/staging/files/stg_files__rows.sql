-- One row per version of a file's row that still holds: what the file says today (`is_current`) and what it said
-- in earlier wordings. `file_read` counts the readings of a file; a row that a later reading no longer had was
-- written again as a withdrawal, and everything up to it is gone: of recipients it is an earlier wording, because lift
-- never takes out who was assigned. Most keys have one row in all (`is_alone`), and
-- those are not sorted. They are told by a hash of the key: where two keys have one, both are sorted in vain.
{% set entities = {
        'campaigns': none,
        'exclusions': none,
        'subscriptions': none,
        'orders': ['orders_to_read', 'versions.object_id'],
        'recipients': ['recipients_to_read', 'versions.object_id'],
        'refunds': ['orders_to_read', json_key([json_text('versions.object_id', '$[0]')])],
        'order_lines': ['orders_to_read', json_key([json_text('versions.object_id', '$[0]')])],
} %}

with
{% for entity, to_read in entities.items() %}
{% if to_read %}
{{ entity }}_to_read {{ inlined_but_in_ticks() }} (
    {{ versions_to_read(
        source('raw_files', entity), to_read[0],
        {'versions.organization_id': 'organization_id', to_read[1]: 'file_object_id'}
    ) | indent(4) }}
),
{% else %}
{{ entity }}_to_read {{ inlined_but_in_ticks() }} (select * from {{ source('raw_files', entity) }}),
{% endif %}

{{ entity }}_released {{ inlined_but_in_ticks() }} (
    select
        *,
        {{ row_hash(['organization_id', 'object_id']) }} as key_hash
    from (
        {{ released_rows(entity ~ '_to_read', ref('stg_ops__held_organizations')) | indent(8) }}
    ) as released
),

{{ entity }}_with_several as (
    select key_hash
    from {{ entity }}_released
    group by key_hash
    having count(*) > 1
),

{{ entity }}_compared as (
    select
        released.*,
        true as is_alone,
        released.file_read as last_read,
        case when released.is_withdrawal then released.file_read end as last_withdrawal
    from {{ entity }}_released as released
    left join {{ entity }}_with_several as with_several on released.key_hash = with_several.key_hash
    where with_several.key_hash is null
    union all
    select
        released.*,
        false as is_alone,
        max(released.file_read) over of_one_row as last_read,
        max(case when released.is_withdrawal then released.file_read end) over of_one_row as last_withdrawal
    from {{ entity }}_released as released
    inner join {{ entity }}_with_several as with_several on released.key_hash = with_several.key_hash
    window of_one_row as (partition by released.organization_id, released.object_id, released.file_name)
),

{% endfor %}
compared as (
    {% for entity in entities %}
    select
        '{{ entity }}' as entity,
        organization_id,
        object_id,
        payload,
        file_name,
        file_read,
        row_number,
        file_modified_at,
        loaded_at,
        is_withdrawal,
        is_alone,
        last_read,
        last_withdrawal
    from {{ entity }}_compared
    {{ "union all" if not loop.last }}
    {% endfor %}
),

files as (select * from {{ ref('stg_files__files') }}),

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
            try_cast({{ json_text('compared.payload', '$.updated_at') }} as timestamp),
            case when compared.file_read = compared.last_read then files.file_modified_at end,
            compared.file_modified_at
        ) as said_at,
        compared.loaded_at
    from compared
    left join files on compared.file_name = files.file_name
    where not compared.is_withdrawal
        and (compared.file_read > coalesce(compared.last_withdrawal, 0) or compared.entity = 'recipients')
)

select * from holding
