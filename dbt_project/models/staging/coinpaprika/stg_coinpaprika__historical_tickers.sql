{{ config(materialized='view') }}

with

historical_tickers as (
    select * from {{ source('coinpaprika', 'historical_tickers') }}
),

renamed as (
    select
        -- ids
        'coinpaprika' as source,
        id as source_coin_id,
        _dlt_load_id as load_id,

        -- numerics
        {{ positive('price') }} as price_usd,
        {{ positive('market_cap') }} as market_cap_usd,
        {{ positive('volume_24h') }} as volume_24h_usd,

        -- booleans
        timestamp > fetched_at as is_time_clamped,

        -- timestamps
        least(timestamp, fetched_at) as observed_at,
        fetched_at
    from historical_tickers
)

select * from renamed
