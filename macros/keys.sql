-- The e-mail as a match key: trimmed, lower case; null where nothing is left, for an empty key matches nobody.
{% macro email_key(email) -%}
    nullif(lower(trim({{ email }})), '')
{%- endmacro %}

-- What follows the last @ of an e-mail key.
{% macro email_domain(email_key) -%}
    case when contains({{ email_key }}, '@') then nullif(split_part({{ email_key }}, '@', -1), '') end
{%- endmacro %}

-- What stands before the last @ of an e-mail key.
{% macro email_local_part(email_key) -%}
    case
        when contains({{ email_key }}, '@')
            then left({{ email_key }}, length({{ email_key }}) - length(split_part({{ email_key }}, '@', -1)) - 1)
    end
{%- endmacro %}

-- The rows of a relation, which has a `written_email_key`, with the domain of that e-mail and its two match keys. A
-- marketplace's relay or a placeholder (noreply@) is no key. `email_canonical_key` is one for all spellings that a
-- provider delivers to one mailbox.
{% macro with_email_keys(relation) -%}
    select
        *,
        case when is_matchable then written_email_key end as email_key,
        case
            when not is_matchable then null
            when canonical_domain is null or mailbox = '' then written_email_key
            when drops_dots then replace(mailbox, '.', '') || '@' || canonical_domain
            else mailbox || '@' || canonical_domain
        end as email_canonical_key
    from (
        select
            parted.*,
            domains.canonical_domain,
            domains.drops_dots,
            case when domains.drops_tag then split_part(parted.email_local_part, '+', 1) else parted.email_local_part end
                as mailbox,
            relays.value is null and placeholders.value is null as is_matchable
        from (
            select
                *,
                {{ email_domain('written_email_key') }} as email_domain,
                {{ email_local_part('written_email_key') }} as email_local_part
            from {{ relation }}
        ) as parted
        left join {{ ref('unmatchable_emails') }} as relays
            on relays.kind = 'domain'
            and parted.email_domain = relays.value
        left join {{ ref('unmatchable_emails') }} as placeholders
            on placeholders.kind = 'local_part'
            and parted.email_local_part = placeholders.value
        left join {{ ref('email_domains') }} as domains on parted.email_domain = domains.email_domain
    ) as looked_up
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

-- The identity of an address as written, whatever its case and outer blanks; null without a street line, and where a part
-- is longer than any address is: nothing is made of such a one (docs/bounds.md).
-- The country is the address's own; where it has none, the organization's default applies later.
{% macro address_id(prefix='') -%}
    case
        {%- for part in address_parts() %}
        when length({{ prefix }}{{ part }}) > {{ var('bounds')['longest_address'] }} then null
        {%- endfor %}
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
