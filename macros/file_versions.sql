-- Envelope of a row in raw_files: which versions of a file's row still hold. `file_read` counts the readings
-- of one file; a row that a later reading no longer had is written again as a withdrawal.

-- False once a later reading of the file withdrew the row.
{% macro file_row_holds() -%}
    file_read > coalesce(
        max(case when is_withdrawal then file_read end) over (
            partition by organization_id, object_id, file_name
        ),
        0
    )
{%- endmacro %}

-- True for what the file says today, false for an earlier wording of the same row.
{% macro file_row_is_current() -%}
    file_read = max(file_read) over (partition by organization_id, object_id, file_name)
{%- endmacro %}
