{{ config(materialized='view') }}

with

market_charts as (
    select * from {{ source('coingecko', 'market_chart') }}
),

renamed as (
    select
        -- ids
        'coingecko' as source,
        id as source_coin_id,
        _dlt_load_id as load_id,

        -- numerics
        {{ positive('price_usd') }} as price_usd,
        {{ positive('market_cap_usd') }} as market_cap_usd,
        trim_scale(volume_24h_usd) as volume_24h_usd,

        -- booleans
        observed_at > fetched_at as is_time_clamped,

        -- timestamps
        least(observed_at, fetched_at) as observed_at,
        fetched_at
    from market_charts
)

select * from renamed
