with

identified as (
    select * from {{ ref('int_listings__identified') }}
),

coin_listings as (
    select
        -- ids
        source,
        source_coin_id,
        canonical_id,

        -- strings
        symbol,
        name,
        status,
        method,
        evidence,

        -- numerics
        confidence,
        market_rank as rank,
        price_usd,
        market_cap_usd,
        volume_24h_usd,
        percent_change_24h,
        circulating_supply,
        total_supply,
        max_supply,

        -- timestamps
        observed_at,
        fetched_at,
        first_seen_at,
        last_seen_at
    from identified
)

select * from coin_listings
