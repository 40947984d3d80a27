-- One row per organization and country as its addresses write it (empty where they don't): the country, by default the
-- organization's, and how its addresses are read. Countries are few: each spelling is looked at once.
with
written as (
    select distinct
        organization_id,
        coalesce(country, '') as written_country
    from {{ ref('int_addresses__distinct') }}
),

organizations as (select * from {{ ref('int_organizations') }}),

countries as (select * from {{ ref('country_language_groups') }}),

language_groups as (select * from {{ ref('address_language_groups') }}),

named as (
    select
        written.organization_id,
        written.written_country,
        coalesce(
            countries.country, nullif(upper(trim(written.written_country)), ''), organizations.country
        ) as country
    from written
    inner join organizations on written.organization_id = organizations.organization_id
    left join countries on {{ fold_accents('trim(written.written_country)') }} = countries.alias
),

grouped as (
    select
        named.organization_id,
        named.written_country,
        named.country,
        -- a country that no seed knows is read as America is
        coalesce(countries.language_group, 'us') as language_group,
        coalesce(language_groups.folds_umlauts, false) as folds_umlauts
    from named
    left join countries on named.country = countries.alias
    left join language_groups on countries.language_group = language_groups.language_group
)

select * from grouped
