-- The candles that this version adds to the record: publication merges them, as it does quotes.
with

identified as (
    select * from {{ ref('int_candles__identified') }}
),

coin_candles as (
    select
        -- ids
        source,
        source_coin_id,
        canonical_id,

        -- numerics
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        market_cap_usd,
        volume_usd,

        -- timestamps
        opened_at,
        closed_at,
        fetched_at
    from identified
)

select * from coin_candles
