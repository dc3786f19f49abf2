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
        'active' as status,
        case when is_matchable then 'symbol_and_name' else 'alone' end as method,
        case
            when is_matchable then 'symbol ' || symbol || ' and name ' || name || ', normalised'
            else 'no other listing shares both symbol and name'
        end as evidence,

        -- numerics
        case when is_matchable then 0.9 else 1.0 end as confidence,
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
