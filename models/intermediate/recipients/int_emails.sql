-- One row per distinct e-mail address of the orders and recipients whose keys this build makes, trimmed and in lower
-- case: what it is matched by. A marketplace's relay or a placeholder (noreply@) is no key. `email_canonical_key` is
-- one for all spellings that a provider delivers to one mailbox.
with
orders as (
    {{ in_scope(ref('int_orders__unioned'), 'int_orders__to_key', order_key()) | indent(4) }}
),

{% for reading in ['latest', 'restated'] %}
{{ reading }} as (
    {{ in_scope(ref('int_recipients__' ~ reading), 'int_recipients__to_key', recipient_key()) | indent(4) }}
),

{% endfor %}
written as (
    select {{ email_key('email') }} as written_email_key from orders
    union
    select {{ email_key('email') }} from latest
    union
    select {{ email_key('email') }} from restated
),

unmatchable as (select * from {{ ref('unmatchable_emails') }}),

domains as (select * from {{ ref('email_domains') }}),

parted as (
    select
        written_email_key,
        {{ email_domain('written_email_key') }} as email_domain,
        {{ regexp_group('written_email_key', '^(.*)@[^@]*$', 1) }} as local_part
    from written
    where written_email_key is not null
),

matchable as (
    select parted.*
    from parted
    left join unmatchable as relays on relays.kind = 'domain' and parted.email_domain = relays.value
    left join unmatchable as placeholders
        on placeholders.kind = 'local_part'
        and parted.local_part = placeholders.value
    where relays.value is null and placeholders.value is null
),

untagged as (
    select
        matchable.written_email_key,
        domains.canonical_domain,
        domains.drops_dots,
        case
            when domains.drops_tag then {{ regexp_group('matchable.local_part', '^[^+]+', 0) }}
            else matchable.local_part
        end as local_part
    from matchable
    left join domains on matchable.email_domain = domains.email_domain
),

keyed as (
    select
        written_email_key,
        written_email_key as email_key,
        case
            when canonical_domain is null or local_part = '' then written_email_key
            when drops_dots then replace(local_part, '.', '') || '@' || canonical_domain
            else local_part || '@' || canonical_domain
        end as email_canonical_key
    from untagged
)

select * from keyed
