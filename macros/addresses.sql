-- The grammar of addresses. A word has a class, written as one letter, and an address has a shape: a text of one
-- letter a word, in order. `1145 W Wilson Ave, Apt 2` has the shape `ndwt,un`. Rules are regular expressions over
-- the shape; each keeps its length, so a letter always stands where its word stands.

-- The classes of the seed `address_vocabulary`. Words that no vocabulary knows are told by their form:
-- n number (12), a number and letter (12A), r range or pair (12-14, 3/45), i other id (B12), o ordinal (42nd),
-- l letter, w word, `,` the end of a line or of a comma part.
-- Capitals stand for what the unit took: U an id, V its second half, F a floor's, B a building's; z is used up,
-- j a comma that parts nothing.
{% macro address_word_classes() -%}
    {{ return({
        'street_type': 't', 'minor_street_type': 'y', 'leading_street_type': 'p', 'directional': 'd',
        'unit': 'u', 'floor': 'f', 'building': 'b', 'position': 's', 'highway': 'h', 'route': 'c',
        'number_mark': 'm', 'number_suffix': 'g', 'ordinal': 'o', 'fraction': 'q', 'box': 'x', 'word': 'w',
    }) }}
{%- endmacro %}

-- A text with each pattern replaced, one after the other.
{% macro replaced_in_turn(text, rules) -%}
    {%- set replaced = namespace(text=text) -%}
    {%- for pattern, replacement in rules -%}
        {%- set replaced.text = regexp_replace_all(replaced.text, pattern, replacement) -%}
    {%- endfor -%}
    {{ return(replaced.text) }}
{%- endmacro %}

-- A text with a blank on either side of some characters.
{% macro standing_alone(text, characters) -%}
    {%- set spaced = namespace(text=text) -%}
    {%- for character in characters -%}
        {%- set spaced.text = "replace(" ~ spaced.text ~ ", '" ~ character ~ "', ' " ~ character ~ " ')" -%}
    {%- endfor -%}
    {{ return(spaced.text) }}
{%- endmacro %}

-- The class letter and the text of a word that no vocabulary knows; an ordinal loses its ending.
{% macro word_by_form(word) -%}
    case
        when {{ word }} > ':' then case
            when length({{ word }}) = 1 then 'l'
            when {{ matches(word, '[0-9]') }} then 'i'
            else 'w'
        end || {{ word }}
        when {{ word }} = ',' then ','
        when {{ matches(word, '^[0-9]+$') }} then 'n' || {{ word }}
        when {{ matches(word, '^[0-9]+(ST|ND|RD|TH)$') }} then 'o' || {{ regexp_group(word, '^[0-9]+', 0) }}
        when {{ matches(word, '^[0-9]+.$') }} then 'a' || {{ word }}
        when {{ matches(word, '^[0-9]+[-/]') }} then 'r' || {{ word }}
        when {{ matches(word, '^[0-9]') }} then 'i' || {{ word }}
        else 'z'
    end
{%- endmacro %}

-- What marks the units of an address whose number comes first, step by step; no rule changes the length of a shape.
-- doubles: # Apt 2, Apt No 2, Ground Floor Flat · floors: 2nd Fl, Fl 2, Bldg A, 12 1/2
-- units: Unit 5-123 Main St, Apt 2, Apt E; Unit K, L · second halves: Apt 1 A, PH 1, Number 2, Top Flat
-- lone ids: a line with nothing but Rear, 2, 12 E or Ave 345; but 12, High Street is one line
-- trailing ids: Grand Ave 600, Main St NW 12 E, Main St Rear · trailing floors: Main St 2nd; Bryn Mawr 211
{% macro address_unit_rules() -%}
    {{ return({
        'without_doubles': [('uu', 'zu'), ('([uf])m', 'z\\1'), ('([os])fu', 'Fzu'), ('fu', 'zf')],
        'with_floors': [
            ('su([nar][dwolyt])', 'Uz\\1'), ('f([onail])(,|$|[ubs])', 'zF\\2'), ('[os]f', 'Fz'), ('f([onail])', 'zF'), ('b([nailor])', 'zB'),
            ('([na])q', '\\1U'),
        ],
        'with_units': [
            ('u(r[dwolyp])', 'z\\1'), ('u([nailor])', 'zU'), ('ud(,|$)', 'zU\\1'), ('u,([nail])(,|$)', 'z,U\\2'),
        ],
        'with_second_halves': [
            ('U(,?)[ld](,|$|[A-Zznar])', 'U\\1V\\2'), ('(^|[,tyzB])s[nail](,|$|[A-Zz])', '\\1UV\\2'),
            ('m([nail])(,|$)', 'zU\\2'), ('su', 'Uz'),
        ],
        'with_lone_ids': [
            ('(^|,)s(,|$)', '\\1U\\2'), ('^[nail],(z*[nari][^,])', 'U,\\1'),
            ('^([na]),([wdytp])', '\\1z\\2'), ('^([^nar]*,[na]),([wdytp])', '\\1z\\2'),
        ],
        'with_lone_second_ids': [
            (',[nail](,|$)', ',U\\1'), (',n[ld](,|$)', ',UV\\1'), ('(,|B)[tyc][nail](,|$)', '\\1zU\\2'),
        ],
        'with_trailing_ids': [
            ('(t),(d)(,|$|[A-Zz])', '\\1j\\2\\3'),
            ('([wolypts]t|dd[ty]|[wol]y)(j?d?)[nail](,|$)', '\\1\\2U\\3'),
            ('([wolypts]t|dd[ty]|[wol]y)n[ld](,|$)', '\\1UV\\2'),
            ('([wolypts]t|dd[ty]|[wol]y)(j?d?)s(,|$)', '\\1\\2U\\3'),
        ],
        'with_trailing_floors': [
            ('([wolypts]t|dd[ty])(j?d?)o(,|$)', '\\1\\2F\\3'), ('^([nar]d?[wlyo]+d?)[na](,|$)', '\\1U\\2'),
            ('^([nar][a-y]*[wlyotnp]d?)s(,|$)', '\\1U\\2'),
        ],
    }) }}
{%- endmacro %}

-- How a postcode is written: A for each letter, 9 for each digit.
{% macro postcode_form(postcode) -%}
    case
        when {{ matches(postcode, '^[0-9]+$') }} then repeat('9', length({{ postcode }}))
        else {{ replaced_in_turn(postcode, [('[0-9]', '9'), ('[A-Z]', 'A')]) }}
    end
{%- endmacro %}

-- The unit of an address, its elements behind dots, from the words that a shape marks.
{% macro words_of_unit(words, shape) -%}
    {{ joined_list(mapped_words_with_letters(words, shape, "case letter"
        ~ " when 'U' then '.' || word when 'V' then word when 'F' then '.FL' || word when 'B' then '.B' || word"
        ~ " else '' end"), '') }}
{%- endmacro %}

-- The street type that ends a compound word (HAUPTSTRASSE): the length of the ending, then its canonical form;
-- null where the word ends in none, or is nothing else.
{% macro compound_type(index, language_group, word) -%}
    coalesce(
        {%- for length in range(9, 2, -1) %}
        case
            when length({{ word }}) > {{ length + 1 }}
                and substr({{ looked_up(index, language_group ~ " || ' ' || right(" ~ word ~ ", " ~ length ~ ")") }}, 1, 1) = 't'
                then '{{ length }}' || substr({{ looked_up(index, language_group ~ " || ' ' || right(" ~ word ~ ", " ~ length ~ ")") }}, 2)
        end{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

-- The first or second half of a number that holds a unit (3/45 in Britain, 12/4 in Poland, 5-123 in Canada).
{% macro number_before_unit(half) -%}
    {%- set group = {'first': 1, 'second': 2}[half] -%}
    case
        when parts.language_group in ('uk', 'ie', 'au', 'de', 'pl', 'hu') and parts.number like '%/%'
            then {{ regexp_group('parts.number', '^([0-9]+[A-Z]?)/([0-9A-Z/]+)$', group) }}
        when parts.language_group = 'ca' and parts.number like '%-%'
            then {{ regexp_group('parts.number', '^([0-9]+[A-Z]?)-([0-9]+[A-Z]?)$', group) }}
        else ''
    end
{%- endmacro %}

-- A number without leading zeros.
{% macro number_text(number) -%}
    {{ regexp_replace_all(number, '^0+([0-9])', '\\1') }}
{%- endmacro %}

-- The end of a range with the digits that it shares with the start: 40 behind 8938 is 8940.
{% macro completed_number(end_number, start_number) -%}
    left({{ start_number }}, greatest(length({{ start_number }}) - length({{ end_number }}), 0)) || {{ end_number }}
{%- endmacro %}

-- A unit without the dots at its ends, without leading zeros and without hyphens beside a letter.
{% macro unit_text(unit) -%}
    {{ replaced_in_turn(unit, [
        ('(^|[^0-9])0+([0-9])', '\\1\\2'), ('([0-9])[.]([A-Z])', '\\1\\2'), ('([A-Z])-|-([A-Z])', '\\1\\2'), ('^[.]|[.]$', ''),
    ]) }}
{%- endmacro %}
