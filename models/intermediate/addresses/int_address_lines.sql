-- One row per distinct address: its words put together again, with unit, building and what remains apart.
with
tokens as (select * from {{ ref('int_address_tokens') }}),

joined as (
    select
        address_id,
        string_agg(word, ' ' order by position) as line
    from tokens
    group by address_id
),

normalised as (
    select
        address_id,
        -- 2ND FL is FL 2; NO 5 and 5, HIGH ST are 5 HIGH ST
        {{ regexp_replace_all(
            regexp_replace_all(
                regexp_replace_all('line', '([0-9]+)(?:ST|ND|RD|TH) (FL|FLOOR)%', '\\2% \\1'),
                '(^|, )NO ([0-9])', '\\1\\2'
            ),
            '(^|, )([0-9]+[A-Z]?) , ([A-Z])', '\\1\\2 \\3'
        ) }} as line
    from joined
),

units as (
    select
        address_id,
        line,
        {{ regexp_group(
            'line', '[A-Z]+! (?:[A-Z]+! )?([0-9][A-Z0-9-]*|[A-Z]{1,2}-?[0-9][A-Z0-9-]*|[A-Z])[~^]?( |$)', 1
        ) }} as designated_unit,
        {{ regexp_group('line', '([A-Z]+)%', 1) }}
        || {{ regexp_group('line', '[A-Z]+% ([0-9][A-Z0-9-]*|[A-Z]-?[0-9]*)( |$)', 1) }} as building
    from normalised
),

without_units as (
    select
        address_id,
        designated_unit,
        building,
        trim({{ regexp_replace_all(
            regexp_replace_all(
                regexp_replace_all(
                    "line || ' '",
                    '[A-Z]+! (?:[A-Z]+! )?(?:[0-9][A-Z0-9-]*|[A-Z]{1,2}-?[0-9][A-Z0-9-]*|[A-Z])[~^]? ', ''
                ),
                '[A-Z]+% (?:(?:[0-9][A-Z0-9-]*|[A-Z]-?[0-9]*) )?', ''
            ),
            '( ,)+ *$|^(, )+', ''
        ) }}) as line
    from units
),

split as (
    select
        address_id,
        designated_unit,
        building,
        line,
        -- an id alone on a line of its own, the other line being the street
        coalesce(
            nullif({{ regexp_group(
                'line', '^[0-9].* , ([0-9]{1,4}[A-Z]?|[A-Z][0-9]{0,4}|REAR|FRONT|UPPER|LOWER)[\\^]?$', 1
            ) }}, ''),
            nullif({{ regexp_group('line', '^([0-9]{1,4}[A-Z]?|[A-Z][0-9]{0,4})[\\^]? , [0-9]', 1) }}, ''),
            ''
        ) as lone_unit,
        {{ regexp_group('line', '(?:^|, )P ?O BOX ([A-Z0-9]+)', 1) }} as po_box,
        {{ regexp_group('line', '(?:^|, )([0-9]+[A-Z]?(?:-[0-9]+[A-Z]?)?(?: [1-9]/[2-9])?) [^,]+', 1) }} as number,
        {{ regexp_group('line', '(?:^|, )[0-9]+[A-Z]?(?:-[0-9]+[A-Z]?)?(?: [1-9]/[2-9])? ([^,]+)', 1) }} as street
    from without_units
)

select * from split
