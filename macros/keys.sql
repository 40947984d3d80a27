-- A text without what nobody can see: blanks of every kind, control and format characters (byte order mark, soft
-- hyphen, marks of direction), fillers and variation selectors; its letters composed. Plain ASCII needs neither.
{% macro visible_text(text) -%}
    {%- set invisible = '[\\p{Cc}\\p{Cf}\\p{Z}\\x{034F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}'
        ~ '\\x{2800}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{E0100}-\\x{E01EF}]' -%}
    case
        when {{ matches(text, '[^!-~]') }} then {{ composed(regexp_replace_all(text, invisible, '')) }}
        else {{ text }}
    end
{%- endmacro %}

-- The e-mail as it is compared: what can be seen of it, lower case; null where it is no address, which has one @ and a
-- dot in its domain.
{% macro email_key(email) -%}
    {%- set visible = 'lower(' ~ visible_text(email) ~ ')' -%}
    case when {{ visible }} like '%_@_%._%' and {{ visible }} not like '%@%@%' then {{ visible }} end
{%- endmacro %}

-- What follows the @ of an e-mail key.
{% macro email_domain(email_key) -%}
    split_part({{ email_key }}, '@', 2)
{%- endmacro %}

-- What stands before the @ of an e-mail key.
{% macro email_local_part(email_key) -%}
    split_part({{ email_key }}, '@', 1)
{%- endmacro %}

-- A domain that somebody names, compared as that of an e-mail key: `@acme.com` is acme.com.
{% macro domain_key(domain) -%}
    nullif(ltrim(lower({{ visible_text(domain) }}), '@'), '')
{%- endmacro %}

-- The rows of a relation, which has a `written_email_key`, with the domain of that e-mail and its two match keys. A
-- marketplace's relay or a placeholder (noreply@, a@a.com) is no key. `email_canonical_key` is one for all spellings
-- that a provider delivers to one mailbox.
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
            coalesce(domain_seed.value, local_part_seed.value, address_seed.value) is null as is_matchable
        from (
            select
                *,
                {{ email_domain('written_email_key') }} as email_domain,
                {{ email_local_part('written_email_key') }} as email_local_part
            from {{ relation }}
        ) as parted
        {% for kind, column in {
            'domain': 'email_domain', 'local_part': 'email_local_part', 'address': 'written_email_key',
        }.items() %}
        left join {{ ref('unmatchable_emails') }} as {{ kind }}_seed
            on {{ kind }}_seed.kind = '{{ kind }}'
            and parted.{{ column }} = {{ kind }}_seed.value
        {% endfor %}
        left join {{ ref('email_domains') }} as domains on parted.email_domain = domains.email_domain
    ) as looked_up
{%- endmacro %}

-- A person's name as a key: letters alone, upper case, without accents.
{% macro name_key(name) -%}
    nullif({{ regexp_replace_all(fold_accents(name), '[^\\p{L}]', '') }}, '')
{%- endmacro %}

-- A discount code as a match key: what can be seen of it, upper case.
{% macro code_key(code) -%}
    nullif(upper({{ visible_text(code) }}), '')
{%- endmacro %}

-- The codes of a text, which may have `,` or `;` between them, with | between them.
{% macro listed_codes(codes) -%}
    replace(replace({{ codes }}, ',', '|'), ';', '|')
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
