with

weighed as (
    select * from {{ ref('int_listings__weighed') }}
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
        held_back_reason,

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

        -- booleans
        is_counted,
        is_time_clamped,

        -- timestamps
        observed_at,
        fetched_at,
        first_seen_at,
        last_seen_at
    from weighed
)

select * from coin_listings
