with

tickers as (
    select * from {{ source('coinpaprika', 'tickers') }}
),

renamed as (
    select
        -- ids
        'coinpaprika' as source,
        id as source_coin_id,
        _dlt_load_id as load_id,

        -- strings
        upper({{ readable(sent('coinpaprika.tickers', 'symbol', 'text')) }}) as symbol,
        {{ readable(sent('coinpaprika.tickers', 'name', 'text')) }} as name,

        -- numerics: zero means unknown
        nullif(rank, 0) as market_rank,
        {{ positive(sent('coinpaprika.tickers', 'usd_price', 'numeric')) }} as price_usd,
        {{ positive(sent('coinpaprika.tickers', 'usd_market_cap', 'numeric')) }} as market_cap_usd,
        {{ positive(sent('coinpaprika.tickers', 'usd_volume_24h', 'numeric')) }} as volume_24h_usd,
        trim_scale({{ sent('coinpaprika.tickers', 'usd_percent_change_24h', 'numeric') }}) as percent_change_24h,
        {{ positive(sent('coinpaprika.tickers', 'circulating_supply', 'numeric')) }} as circulating_supply,
        {{ positive(sent('coinpaprika.tickers', 'total_supply', 'numeric')) }} as total_supply,
        {{ positive(sent('coinpaprika.tickers', 'max_supply', 'numeric')) }} as max_supply,

        -- booleans
        coalesce(last_updated > fetched_at, false) as is_time_clamped,

        -- timestamps
        least(coalesce({{ sent('coinpaprika.tickers', 'last_updated', 'timestamptz') }}, fetched_at), fetched_at)
            as observed_at,
        fetched_at
    from tickers
)

select * from renamed
