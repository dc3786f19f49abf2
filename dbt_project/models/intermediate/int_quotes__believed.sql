-- The price of each coin that was believed last, near which the right one of contradicting prices is looked for: the
-- published one; in a rebuild, which knows none, the newest quote that was plausible when it was recorded.
{{ config(materialized='view') }}

with

coins as (
    select * from {{ ref('stg_published__coins') }} where not {{ rebuilding() }}
),

quotes as (
    select * from {{ ref('stg_published__coin_quotes') }} where {{ rebuilding() }}
),

recorded as (
    select distinct on (canonical_id)
        canonical_id,
        price_usd
    from quotes
    where is_plausible and price_usd is not null
    order by canonical_id, observed_at desc, source, source_coin_id
),

believed as (
    select
        canonical_id,
        price_usd
    from coins
    union all
    select * from recorded
)

select * from believed
