-- Lists of words, and functions over their elements.
{% macro word_list(text) -%}
    {{ return(adapter.dispatch('word_list', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__word_list(text) -%}
    string_split({{ text }}, ' ')
{%- endmacro %}

{% macro spark__word_list(text) -%}
    split({{ text }}, ' ')
{%- endmacro %}

-- The list with every word replaced by an expression that names it `word`.
{% macro mapped_words(words, expression) -%}
    {{ return(adapter.dispatch('mapped_words', 'matchback')(words, expression)) }}
{%- endmacro %}

{% macro default__mapped_words(words, expression) -%}
    list_transform({{ words }}, lambda word: {{ expression }})
{%- endmacro %}

{% macro spark__mapped_words(words, expression) -%}
    transform({{ words }}, word -> {{ expression }})
{%- endmacro %}

-- The list with every word replaced by an expression of it, `word`, and of the letter in its place, `letter`.
{% macro mapped_words_with_letters(words, letters, expression) -%}
    {{ return(adapter.dispatch('mapped_words_with_letters', 'matchback')(words, letters, expression)) }}
{%- endmacro %}

{% macro default__mapped_words_with_letters(words, letters, expression) -%}
    list_transform(
        list_zip({{ words }}, string_split({{ letters }}, '')),
        lambda pair: {{ expression | replace('word', 'pair[1]') | replace('letter', 'pair[2]') }}
    )
{%- endmacro %}

{% macro spark__mapped_words_with_letters(words, letters, expression) -%}
    zip_with({{ words }}, split({{ letters }}, ''), (word, letter) -> {{ expression }})
{%- endmacro %}

-- `length` words from the one after the first `skipped`, put together without blanks.
{% macro joined_words(words, skipped, length) -%}
    {{ return(adapter.dispatch('joined_words', 'matchback')(words, skipped, length)) }}
{%- endmacro %}

{% macro default__joined_words(words, skipped, length) -%}
    array_to_string(list_slice({{ words }}, {{ skipped }} + 1, {{ skipped }} + {{ length }}), '')
{%- endmacro %}

{% macro spark__joined_words(words, skipped, length) -%}
    array_join(slice({{ words }}, cast({{ skipped }} + 1 as int), cast({{ length }} as int)), '')
{%- endmacro %}

-- All words put together with a separator.
{% macro joined_list(words, separator) -%}
    {{ return(adapter.dispatch('joined_list', 'matchback')(words, separator)) }}
{%- endmacro %}

{% macro default__joined_list(words, separator) -%}
    array_to_string({{ words }}, '{{ separator }}')
{%- endmacro %}

{% macro spark__joined_list(words, separator) -%}
    array_join({{ words }}, '{{ separator }}')
{%- endmacro %}

-- The elements of a text separated by dots, in alphabetical order.
{% macro sorted_elements(text) -%}
    {{ return(adapter.dispatch('sorted_elements', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__sorted_elements(text) -%}
    array_to_string(list_sort(string_split({{ text }}, '.')), '.')
{%- endmacro %}

{% macro spark__sorted_elements(text) -%}
    array_join(array_sort(split({{ text }}, '[.]')), '.')
{%- endmacro %}
