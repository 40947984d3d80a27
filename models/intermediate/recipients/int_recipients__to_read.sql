-- One row per recipient about whom a tick reads all that was ever said: those about whom something is new, which may
-- be the time of the file they are in, and all of an organization or campaign whose release or audience changed.
{{ config(schema='ops', alias='recipients_to_read', pre_hook='{{ make_room() }}') }}
{{ after('int_build__horizons') }}
with
changed as (
    select
        organization_id,
        nullif(item_id, '') as campaign_id
    from {{ ref('int_build__changed_settings') }}
    where kind in ('read', 'audience')
),

new_readings as (
    select distinct file_name
    from {{ source('raw_files', 'files') }}
    where {{ is_new('raw_files.files') }}
),

-- one look at a time: a look for what is new reads only the end of the table
from_files as (
    {% for condition in [
        is_new('raw_files.recipients'),
        'file_name in (select file_name from new_readings)',
        'organization_id in (select organization_id from changed)',
    ] %}
    select
        organization_id,
        {{ json_text('object_id', '$[0]') }} as campaign_id,
        {{ json_text('object_id', '$[1]') }} as recipient_id,
        {{ 'false' if loop.last else 'true' }} as is_touched
    from {{ source('raw_files', 'recipients') }}
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

spoken_of as (
    select * from from_files
    union all
    select * from {{ ref('int_recipients__spoken_of_elsewhere') }}
    {% if is_tick() %}
    union all
    select
        organization_id,
        campaign_id,
        recipient_id,
        false as is_touched
    from {{ as_built('int_recipients__merged') }}
    where organization_id in (select organization_id from changed)
    {% endif %}
),

touched as (
    select distinct
        spoken_of.organization_id,
        spoken_of.campaign_id,
        spoken_of.recipient_id
    from spoken_of
    left join changed
        on spoken_of.organization_id = changed.organization_id
        and (changed.campaign_id is null or spoken_of.campaign_id = changed.campaign_id)
    where spoken_of.is_touched or changed.organization_id is not null
)

select
    *,
    {{ json_key(['campaign_id', 'recipient_id']) }} as file_object_id
from touched
where {{ only_in_ticks() }}
