-- One row per version of an order at commercetools with codes: those that counted, joined with |.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
released as (
    {{ released_rows(ref('stg_commercetools__discount_codes'), ref('stg_ops__held_organizations')) | indent(4) }}
),

known_codes as (
    select
        organization_id,
        discount_code_id,
        code
    from released
    qualify
        row_number() over (
            partition by organization_id, discount_code_id
            order by updated_at desc, loaded_at desc, payload_hash
        ) = 1
),

codes as (
    select
        uses.organization_id,
        uses.order_id,
        uses.payload_hash,
        -- a reference that came unexpanded is looked up
        {{ joined_texts(
            "case when uses.state = 'MatchesCart' and uses.is_held_back is not true then coalesce(uses.code, known_codes.code) end"
        ) }} as discount_codes,
        bool_or(uses.is_held_back) as is_unreadable
    from {{ ref('stg_commercetools__order_discount_codes') }} as uses
    left join known_codes
        on uses.organization_id = known_codes.organization_id
        and uses.discount_code_id = known_codes.discount_code_id
    group by uses.organization_id, uses.order_id, uses.payload_hash
)

select * from codes
