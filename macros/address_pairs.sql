-- The parts of an address that the tiers compare.
{% macro address_compared_parts() -%}
    {{ return([
        'address_country', 'address_postcode', 'address_city', 'address_number', 'address_unit',
        'address_predirectional', 'address_street_core', 'address_street_type', 'address_postdirectional',
    ]) }}
{%- endmacro %}

-- What an address is known by: its key, or without a postcode its place; null for one that matches nobody.
{% macro address_identity(relation) -%}
    coalesce({{ relation }}.address_key, {{ relation }}.address_place_key)
{%- endmacro %}

-- The same with the town in any case: two orders at one address may spell it in two ways.
{% macro address_reading(relation) -%}
    {{ address_identity(relation) }} || '@' || coalesce({{ relation }}.address_city, '')
{%- endmacro %}

-- The parts with the keys, of the relation `addresses`.
{% macro address_part_columns() -%}
    {{ address_identity('addresses') }} as address_identity,
    {{ address_reading('addresses') }} as address_reading,
    addresses.address_key,
    {%- for column in address_compared_parts() + ['address_range_start', 'address_range_end'] %}
    addresses.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

-- A pair: the relation `orders` beside the relation `campaigns`, whose parts begin with `campaign_`.
{% macro address_pair_columns() -%}
    orders.organization_id,
    orders.address_reading as order_address_reading,
    campaigns.campaign_id,
    campaigns.address_identity,
    campaigns.recipients,
    {%- for part in address_compared_parts() %}
    orders.{{ part }},
    campaigns.{{ part }} as campaign_{{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

-- Equal, or missing on one side.
{% macro no_contradiction(part) -%}
    ({{ part }} = campaign_{{ part }} or {{ part }} = '' or campaign_{{ part }} = '')
{%- endmacro %}

-- Two streets of one name do not contradict each other: no other directional (N Main and Main S), no other type.
-- In Britain another type is a slip (Rainbow Lane, Rainbow Road); a numbered street with another type never is.
{% macro streets_agree() -%}
    {{ no_contradiction('address_predirectional') }}
    and {{ no_contradiction('address_postdirectional') }}
    and (
        address_predirectional || address_postdirectional = ''
        or campaign_address_predirectional || campaign_address_postdirectional = ''
        or address_predirectional = campaign_address_predirectional
        or address_postdirectional = campaign_address_postdirectional
        or address_predirectional || address_postdirectional
        = campaign_address_predirectional || campaign_address_postdirectional
    )
    and (
        {{ no_contradiction('address_street_type') }}
        or (address_country = 'GB' and not {{ matches('address_street_core', '^[0-9]+$') }})
    )
{%- endmacro %}

-- Two street names that differ by so little that one is a slip of the pen: one letter from five letters on, two
-- from eight on, the digits inside equal.
{% macro names_nearly_agree() -%}
    abs(length(address_street_core) - length(campaign_address_street_core)) <= 2
    and least(length(address_street_core), length(campaign_address_street_core)) >= 5
    and {{ edit_distance('address_street_core', 'campaign_address_street_core') }}
    <= case when least(length(address_street_core), length(campaign_address_street_core)) >= 8 then 2 else 1 end
    and {{ regexp_replace_all('address_street_core', '[^0-9]', '') }}
    = {{ regexp_replace_all('campaign_address_street_core', '[^0-9]', '') }}
{%- endmacro %}

-- What two addresses differ in, in words.
{% macro address_differences() -%}
    concat_ws(
        ', ',
        case when address_number <> campaign_address_number then 'number within a range' end,
        case when address_street_core <> campaign_address_street_core then 'street name nearly equal' end,
        case
            when address_street_type = '' or campaign_address_street_type = '' then
                case when address_street_type <> campaign_address_street_type then 'street type missing on one side' end
            when address_street_type <> campaign_address_street_type then 'another street type'
        end,
        case
            when address_predirectional <> campaign_address_predirectional
                or address_postdirectional <> campaign_address_postdirectional
                then case
                    when address_predirectional || address_postdirectional
                        = campaign_address_predirectional || campaign_address_postdirectional
                        then 'directional in another place'
                    else 'directional missing on one side'
                end
        end,
        case when address_unit <> campaign_address_unit then 'unit missing on one side' end,
        case
            when address_postcode is null or campaign_address_postcode is null then 'postcode missing on one side'
            when address_postcode <> campaign_address_postcode then 'postcode nearly equal'
        end
    )
{%- endmacro %}

-- When two addresses of a country are so near that the one may decide what the other matches, at any tier: the same
-- postcode and number, or one's number in the other's range; the same street in the postcode, which is then a known one;
-- the same place without a postcode; and last, for tier 5, the same city and number.
{% macro near_address_conditions(others) -%}
    {%- set same_postcode = 'near.address_postcode = ' ~ others ~ '.address_postcode and ' -%}
    {{ return([
        same_postcode ~ 'near.address_number = ' ~ others ~ '.address_number',
        same_postcode ~ 'near.address_street_core = ' ~ others ~ '.address_street_core',
        same_postcode ~ is_number_in_range('near', others),
        same_postcode ~ is_number_in_range(others, 'near'),
        'near.address_place_key = ' ~ others ~ '.address_place_key',
        'near.address_city = ' ~ others ~ '.address_city and near.address_number = ' ~ others ~ '.address_number',
    ]) }}
{%- endmacro %}

-- Whether the number of one address, itself no range, lies in the range of another.
{% macro is_number_in_range(one, range) -%}
    {{ one }}.address_range_start is null
    and try_cast({{ one }}.address_number as bigint) between {{ range }}.address_range_start and {{ range }}.address_range_end
{%- endmacro %}
