-- One row per distinct address: country, language group, postcode and city in their standard form.
{{ config(materialized='view') }}
with
addresses {{ inlined() }} (select * from {{ ref('int_addresses__distinct') }}),

countries as (select * from {{ ref('int_address_countries') }}),

postcode_formats as (select * from {{ ref('postcode_formats') }}),

-- cities are few: each spelling is folded once, not once per address
written_cities as (
    select distinct city
    from addresses
    where city is not null
),

cities as (
    select
        city as written_city,
        {{ fold_accents('trim(city)') }} as folded_city,
        nullif({{ regexp_replace_all(fold_accents('city'), '[^\\p{L}]', '') }}, '') as address_city
    from written_cities
),

located as (
    select
        addresses.address_id,
        addresses.address1,
        addresses.address2,
        upper(trim(addresses.postal_code)) as written_postcode,
        {{ regexp_replace_all('upper(addresses.postal_code)', '[^A-Z0-9]', '') }} as postcode,
        countries.country,
        countries.language_group,
        countries.folds_umlauts,
        cities.folded_city,
        cities.address_city
    from addresses
    inner join countries
        on addresses.organization_id = countries.organization_id
        and coalesce(addresses.country, '') = countries.written_country
    left join cities on addresses.city = cities.written_city
),

postcoded as (
    select
        located.address_id,
        located.address1,
        located.address2,
        located.written_postcode,
        located.country,
        located.language_group,
        located.folds_umlauts,
        located.folded_city,
        located.address_city,
        case
            when located.postcode in ('00000', '11111', '99999') then null
            when postcode_formats.written_as is not null
                then left(coalesce(postcode_formats.prefix, '') || located.postcode, postcode_formats.length)
            -- a postcode of another form still tells two places apart, if it is more than a stopgap such as N/A
            when length(located.postcode) >= 5 and {{ matches('located.postcode', '[0-9]') }} then located.postcode
        end as address_postcode
    from located
    left join postcode_formats
        on located.country = postcode_formats.country
        and {{ postcode_form('located.postcode') }} = postcode_formats.written_as
)

select * from postcoded
