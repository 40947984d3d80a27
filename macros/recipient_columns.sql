-- The columns of a recipient statement that are values (not keys), said once.
{% macro recipient_columns() -%}
    {{ return([
        'email', 'first_name', 'last_name', 'company', 'address1', 'address2', 'city', 'region', 'postal_code',
        'country', 'household_id', 'discount_code', 'segment', 'prior_revenue_amount', 'is_holdout', 'created_at',
        'drop_id', 'sent_at', 'in_home_at',
    ]) }}
{%- endmacro %}

{% macro profile_columns() -%}
    {{ return([
        'email', 'first_name', 'last_name', 'company', 'address1', 'address2', 'city', 'region', 'postal_code',
        'country',
    ]) }}
{%- endmacro %}

-- The columns of a recipient's identifiers besides the reading.
{% macro keyed_recipient_columns() -%}
    {{ return([
        'organization_id', 'campaign_id', 'recipient_id', 'written_email_key', 'email_key',
        'email_canonical_key', 'address_id', 'address_key', 'address_identity', 'household_key', 'is_holdout', 'created_at',
    ]) }}
{%- endmacro %}
