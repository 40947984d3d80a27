-- One row per organization: what the steps of a build depend on besides their rows, hashed where it is long.
{{ config(materialized='view') }}
with
organizations as (select * from {{ ref('int_organizations') }}),

held as (select * from {{ ref('stg_ops__held_organizations') }}),

source_settings as (
    select
        organization_id,
        md5({{ joined_texts("source || '/' || name || '=' || coalesce(value, '')") }}) as fingerprint
    from {{ ref('stg_ops__source_settings') }}
    group by organization_id
),

vocabulary as (
    {% for seed, columns in key_seeds().items() %}
    select md5({{ joined_texts('row_text') }}) as fingerprint
    from (
        select '{{ seed }}' || {{ one_text(columns) }} as row_text
        from {{ ref(seed) }}
    ) as {{ seed }}_rows
    {{ "union all" if not loop.last }}
    {% endfor %}
),

common as (
    select
        (select {{ joined_texts('fingerprint') }} from vocabulary) as vocabulary,
        (
            select {{ joined_texts("concat_ws('/', match_method, max_recipients_per_key)") }}
            from {{ ref('match_methods') }}
        ) as limits,
        (
            select {{ joined_texts("concat_ws('/', match_method, priority, is_enabled)") }}
            from {{ ref('match_methods') }}
        ) as priorities
),

known as (
    select
        organizations.*,
        common.vocabulary,
        common.limits,
        common.priorities,
        source_settings.fingerprint as source_settings,
        held.released_through
    from organizations
    cross join common
    left join held on organizations.organization_id = held.organization_id
    left join source_settings on organizations.organization_id = source_settings.organization_id
)

select * from known
