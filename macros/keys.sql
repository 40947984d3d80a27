-- The e-mail as a match key: trimmed, lower case; null where nothing is left, for an empty key matches nobody.
{% macro email_key(email) -%}
    nullif(lower(trim({{ email }})), '')
{%- endmacro %}

-- What follows the last @ of an e-mail key.
{% macro email_domain(email_key) -%}
    nullif({{ regexp_group(email_key, '@([^@]*)$', 1) }}, '')
{%- endmacro %}

-- A person's name as a key: letters alone, upper case, without accents.
{% macro name_key(name) -%}
    nullif({{ regexp_replace_all(fold_accents(name), '[^\\p{L}]', '') }}, '')
{%- endmacro %}

-- A discount code as a match key: trimmed, upper case.
{% macro code_key(code) -%}
    nullif(upper(trim({{ code }})), '')
{%- endmacro %}

-- The columns of a postal address, in the order in which they are hashed.
{% macro address_parts() -%}
    {{ return(['address1', 'address2', 'city', 'region', 'postal_code', 'country']) }}
{%- endmacro %}

-- The identity of an address as written, whatever its case and outer blanks; null without a street line.
-- The country is the address's own; where it has none, the organization's default applies later.
{% macro address_id(prefix='') -%}
    case
        when nullif(trim({{ prefix }}address1), '') is not null or nullif(trim({{ prefix }}address2), '') is not null
            then md5(
                organization_id
                {%- for part in address_parts() %}
                || '|' || upper(trim(coalesce({{ prefix }}{{ part }}, '')))
                {%- endfor %}
            )
    end
{%- endmacro %}

-- The seeds that keys are made with, and their columns.
{% macro key_seeds() -%}
    {{ return({
        'address_vocabulary': ['language_group', 'variant', 'canonical', 'class'],
        'address_language_groups': [
            'language_group', 'extends', 'number_position', 'has_compound_types', 'folds_umlauts',
        ],
        'country_language_groups': ['country', 'alias', 'language_group'],
        'postcode_formats': ['country', 'written_as', 'prefix', 'length'],
        'email_domains': ['email_domain', 'canonical_domain', 'drops_dots', 'drops_tag'],
        'unmatchable_emails': ['kind', 'value'],
    }) }}
{%- endmacro %}
