-- One row per distinct address: country and postcode in their standard form, street lines folded to upper
-- case without accents, dots and apostrophes; ` , ` marks where one line, or one comma part, ends.
with
addresses as (select * from {{ ref('int_addresses__distinct') }}),

organizations as (select * from {{ ref('int_organizations') }}),

countries as (select * from {{ ref('country_language_groups') }}),

located as (
    select
        addresses.address_id,
        coalesce(countries.country, nullif(upper(trim(addresses.country)), ''), organizations.country) as country,
        {{ regexp_replace_all("upper(coalesce(addresses.postal_code, ''))", '[^A-Z0-9]', '') }} as postcode,
        {{ fold_accents("coalesce(addresses.address1, '') || ' , ' || coalesce(addresses.address2, '')") }} as lines
    from addresses
    inner join organizations on addresses.organization_id = organizations.organization_id
    left join countries on {{ fold_accents("trim(addresses.country)") }} = countries.alias
),

postcoded as (
    select
        address_id,
        country,
        case
            -- a spreadsheet drops the leading zero of New England; nine digits are ZIP+4
            when country = 'US' and {{ regexp_group('postcode', '^[0-9]{4}$', 0) }} <> '' then '0' || postcode
            when country = 'US' then nullif({{ regexp_group('postcode', '^([0-9]{5})([0-9]{4})?$', 1) }}, '')
            when country = 'GB'
                then nullif({{ regexp_group('postcode', '^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$', 0) }}, '')
            else nullif(postcode, '')
        end as address_postcode,
        {{ regexp_replace_all(
            regexp_replace_all(
                regexp_replace_all("replace(replace(lines, '.', ''), chr(39), '')", '[’‘`]', ''),
                '([#&,\\n\\r])', ' \\1 '
            ),
            '[^A-Z0-9#&,/ -]', ' '
        ) }} as lines
    from located
)

select * from postcoded
