-- The quotes that this version adds to the record: publication merges them, nothing is ever dropped.
with

new_quotes as (
    select * from {{ ref('int_quotes__new') }}
),

identified as (
    select
        source,
        source_coin_id,
        canonical_id
    from {{ ref('int_listings__identified') }}
),

coin_quotes as (
    select
        -- ids
        new_quotes.source,
        new_quotes.source_coin_id,
        identified.canonical_id,

        -- numerics
        new_quotes.price_usd,
        new_quotes.market_cap_usd,
        new_quotes.volume_24h_usd,
        new_quotes.percent_change_24h,

        -- timestamps
        new_quotes.observed_at,
        new_quotes.fetched_at
    from new_quotes
    inner join identified using (source, source_coin_id)
)

select * from coin_quotes
