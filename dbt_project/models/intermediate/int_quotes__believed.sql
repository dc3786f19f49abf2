-- The newest plausible quote of each coin in the record: near it a rebuild looks for the right one of prices that
-- contradict each other, in place of the published price. Else empty.
{{ config(materialized='ephemeral') }}

with

quotes as (
    select * from {{ ref('stg_published__coin_quotes') }} where {{ rebuilding() }}
),

believed as (
    select distinct on (canonical_id)
        canonical_id,
        price_usd
    from quotes
    where is_plausible and price_usd is not null
    order by canonical_id, observed_at desc, source, source_coin_id
)

select * from believed
