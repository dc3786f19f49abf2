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
        coalesce(name, symbol, canonical_id) as name,
        'active' as status,

        -- numerics
        case
            when market_cap_usd is not null
                then row_number() over (order by market_cap_usd desc nulls last, canonical_id)::integer
        end as rank,
        trim_scale(price_usd) as price_usd,
        trim_scale(market_cap_usd) as market_cap_usd,
        trim_scale(volume_24h_usd) as volume_24h_usd,
        trim_scale(percent_change_24h) as percent_change_24h,
        trim_scale(circulating_supply) as circulating_supply,
        trim_scale(total_supply) as total_supply,
        trim_scale(max_supply) as max_supply,
        trim_scale(price_spread_pct) as price_spread_pct,
        source_count,
        sources,

        -- timestamps
        updated_at,
        first_seen_at,
        last_seen_at
    from consensus
)

select * from coins
