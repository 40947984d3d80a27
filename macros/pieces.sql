-- Several pieces of mail of one campaign to one recipient (int_recipients__several_pieces).

-- When the latest piece that `recipients` was sent by then was sent; of who was sent one piece, that one.
{% macro latest_piece(recipients, ordered_at) -%}
    case
        when {{ recipients }}.pieces is null then {{ recipients }}.sent_at
        else coalesce({{ latest_in_list(recipients ~ '.pieces', '$[*].sent_at', ordered_at) }}, {{ recipients }}.sent_at)
    end
{%- endmacro %}

-- A time of a piece.
{% macro piece_time(piece, name) -%}
    try_cast({{ json_text(piece, '$.' ~ name) }} as timestamp)
{%- endmacro %}

-- How many pieces a recipient was sent.
{% macro sent_pieces() -%}
    case when sent_at is null then 0 else coalesce({{ json_list_length('pieces') }}, 1) end
{%- endmacro %}
