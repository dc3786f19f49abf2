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
        upper(btrim(symbol)) as symbol,
        btrim(name) as name,

        -- numerics: zero means unknown
        nullif(rank, 0) as market_rank,
        {{ positive('usd_price') }} as price_usd,
        {{ positive('usd_market_cap') }} as market_cap_usd,
        {{ positive('usd_volume_24h') }} as volume_24h_usd,
        trim_scale(usd_percent_change_24h) as percent_change_24h,
        {{ positive('circulating_supply') }} as circulating_supply,
        {{ positive('total_supply') }} as total_supply,
        {{ positive('max_supply') }} as max_supply,

        -- booleans
        coalesce(last_updated > fetched_at, false) as is_time_clamped,

        -- timestamps
        least(coalesce(last_updated, fetched_at), fetched_at) as observed_at,
        fetched_at
    from tickers
)

select * from renamed
