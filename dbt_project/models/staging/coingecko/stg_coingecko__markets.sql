with

markets as (
    select * from {{ source('coingecko', 'markets') }}
),

renamed as (
    select
        -- ids
        'coingecko' as source,
        id as source_coin_id,
        _dlt_load_id as load_id,

        -- strings
        upper({{ readable(sent('coingecko.markets', 'symbol', 'text')) }}) as symbol,
        {{ readable(sent('coingecko.markets', 'name', 'text')) }} as name,

        -- numerics
        market_cap_rank as market_rank,
        {{ positive(sent('coingecko.markets', 'current_price', 'numeric')) }} as price_usd,
        {{ positive(sent('coingecko.markets', 'market_cap', 'numeric')) }} as market_cap_usd,
        trim_scale({{ sent('coingecko.markets', 'total_volume', 'numeric') }}) as volume_24h_usd,
        trim_scale({{ sent('coingecko.markets', 'price_change_percentage_24h', 'numeric') }}) as percent_change_24h,
        {{ positive(sent('coingecko.markets', 'circulating_supply', 'numeric')) }} as circulating_supply,
        {{ positive(sent('coingecko.markets', 'total_supply', 'numeric')) }} as total_supply,
        {{ positive(sent('coingecko.markets', 'max_supply', 'numeric')) }} as max_supply,

        -- booleans
        coalesce(last_updated > fetched_at, false) as is_time_clamped,

        -- timestamps
        least(coalesce({{ sent('coingecko.markets', 'last_updated', 'timestamptz') }}, fetched_at), fetched_at)
            as observed_at,
        fetched_at
    from markets
)

select * from renamed
