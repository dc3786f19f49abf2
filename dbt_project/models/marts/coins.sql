with

consensus as (
    select * from {{ ref('int_coins__consensus') }}
),

coins as (
    select
        -- ids
        canonical_id,

        -- strings
        coalesce(symbol, upper(canonical_id)) as symbol,
        coalesce(name, symbol, {{ readable('source_coin_id') }}, canonical_id) as name,
        status,
        consensus,

        -- numerics
        case
            when market_cap_usd is not null
                then row_number() over (
                    order by market_cap_usd is null, coalesce(symbol, name) is null, market_cap_usd desc, canonical_id
                )::integer
        end as rank,
        price_usd,
        market_cap_usd,
        volume_24h_usd,
        percent_change_24h,
        circulating_supply,
        total_supply,
        max_supply,
        price_spread_pct,
        source_count,
        sources,

        -- timestamps
        updated_at,
        first_seen_at,
        last_seen_at
    from consensus
)

select * from coins
