-- The quotes that this version adds to the record: publication merges them. None is dropped, but those that a corrected
-- file no longer holds.
with

identified as (
    select * from {{ ref('int_quotes__identified') }}
),

coin_quotes as (
    select
        -- ids
        source,
        source_coin_id,
        canonical_id,

        -- numerics
        price_usd,
        market_cap_usd,
        volume_24h_usd,
        percent_change_24h,

        -- booleans
        is_plausible,
        is_time_clamped,

        -- timestamps
        observed_at,
        fetched_at
    from identified
)

select * from coin_quotes
