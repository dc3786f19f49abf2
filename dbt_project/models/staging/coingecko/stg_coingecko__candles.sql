{{ config(materialized='view') }}

with

candles as (
    select * from {{ source('coingecko', 'ohlc') }}
),

renamed as (
    select
        -- ids
        'coingecko' as source,
        id as source_coin_id,
        _dlt_load_id as load_id,

        -- numerics
        {{ positive('open') }} as open_usd,
        {{ positive('high') }} as high_usd,
        {{ positive('low') }} as low_usd,
        {{ positive('close') }} as close_usd,

        -- timestamps: how long a candle is follows from the days asked for
        closed_at - case
            when days <= 2 then interval '30 minutes' when days <= 30 then interval '4 hours' else interval '4 days'
        end as opened_at,
        closed_at,
        fetched_at
    from candles
)

select * from renamed
