-- The sentences an address may be, as expressions over its shape with units marked (see addresses.sql), in the
-- order in which they are tried, each with the group of every part; 0 where it has none.
{% macro address_forms() -%}
    {%- set number_first = {'before': 1, 'number': 2, 'suffix': 3, 'gap': 4, 'street': 5, 'rest': 6} -%}
    {{ return({
        'box': {
            'pattern': '^([^narx]*)(xz*[nailU]+)()()()(.*)$',
            'groups': number_first,
        },
        'number_last': {
            'pattern': '^((?:[^,]*,)*?)((?:[^,nar]*[nar][wtop][^,nar]*)|p[no]|[^,nar]+)([,mz]*)([nar])(g?)([^,]*(?:,[nailorsgfubmz]+)*)'
                ~ '(?:,[nailorsgfubmz]*[^,nailorsgfubmz].*)?,?$',
            'groups': {'before': 1, 'number': 4, 'suffix': 5, 'gap': 3, 'street': 2, 'rest': 6},
            'condition': "number_position = 'last'",
        },
        'number_starts': {
            'pattern': '^((?:[^,]*,)*?[zUVFBm]*)([nari])(g?)([zUVFB]*)([dwoylchptsnfub][^,]*)(.*)$',
            'groups': number_first,
        },
        'number_within': {
            'pattern': '^(.*?)([nar])(g?)([zUVFB]*)([dwoylchp][^,]*)(.*)$',
            'groups': number_first,
        },
        'unit_as_number': {
            'pattern': '^(.*?)(U)()([zVFB]*)([dwoylcp][^,]*)(.*)$',
            'groups': number_first,
            'condition': "language_group in ('uk', 'ie', 'au')",
        },
        'named_house': {
            'pattern': '^([zUVFB,]*)([wytldos]+)()(,)([dwolycp][^,]*[ty][^,]*)(.*)$',
            'groups': number_first,
            'condition': "language_group in ('uk', 'ie')",
        },
    }) }}
{%- endmacro %}

-- The sentences a street may be, in the order in which they are tried, with the groups of its directional, core,
-- type and directional. In Britain a town often follows without a comma, so there the first street type ends the
-- street; elsewhere one at the end is believed first.
{% macro street_forms() -%}
    {%- set end = '(?:[^a-y]|$)' -%}
    {%- set type_last = {'predirectional': 1, 'core': 2, 'type': 3, 'postdirectional': 4} -%}
    {%- set type_first = {'predirectional': 1, 'core': 3, 'type': 2, 'postdirectional': 4} -%}
    {%- set british = "language_group in ('uk', 'ie', 'au')" -%}
    {{ return({
        'numbered_route': {'pattern': '^(d?)(c+[thy]?[nil]|c+[th]w|h[nil])()(d?)', 'groups': type_last},
        'lettered_street': {'pattern': '^(d?)(tl)()()' ~ end, 'groups': type_last},
        'lettered_street_like_a_directional': {'pattern': '^()(td)()()' ~ end, 'groups': type_last},
        'leading_type': {'pattern': '^(d?)(p)([a-y]+?)(d?)' ~ end, 'groups': type_first},
        'type_at_end': {
            'pattern': '^(d?)([a-y]+?)([th])(j?d?)' ~ end, 'groups': type_last, 'condition': 'not ' ~ british,
        },
        'first_type': {'pattern': '^(d?)([a-ce-y][a-y]*?t*)(t)(j?d?)', 'groups': type_last},
        'minor_type': {
            'pattern': '^(d?)([a-ce-y][a-y]*?)(y)(j?d?)', 'groups': type_last, 'condition': british,
        },
        'name': {'pattern': '^(d?)([a-y]+?)()(d?)' ~ end, 'groups': type_last},
    }) }}
{%- endmacro %}

-- The form among `forms` that a text has: the first whose pattern and condition hold.
{% macro first_form(text, forms) -%}
    case
        {% for name, form in forms.items() %}
        when {{ regexp_group(text, form.pattern, 0) }} <> '' {%- if form.condition %} and {{ form.condition }}{% endif %} then '{{ name }}'
        {% endfor %}
    end
{%- endmacro %}

-- The part of a text that has a certain form.
{% macro part_of_form(text, form_column, forms, part) -%}
    case {{ form_column }}
        {% for name, form in forms.items() %}
        when '{{ name }}' then {{ regexp_group(text, form.pattern, form.groups[part]) }}
        {% endfor %}
    end
{%- endmacro %}
