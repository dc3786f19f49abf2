with

ohlcvs as (
    select * from {{ source('csv', 'ohlcv') }}
),

renamed as (
    select
        -- ids
        file,
        file_hash,
        revision,
        row_number,
        'csv:' || regexp_replace(file, '\.csv$', '', 'i') as source,
        {{ csv_coin_id('symbol', 'name') }} as source_coin_id,
        _dlt_load_id as load_id,

        -- strings
        upper({{ readable('symbol') }}) as symbol,
        {{ readable('name') }} as name,

        -- numerics
        {{ positive('open_usd') }} as open_usd,
        {{ positive('high_usd') }} as high_usd,
        {{ positive('low_usd') }} as low_usd,
        {{ positive('close_usd') }} as close_usd,
        trim_scale(volume_usd) as volume_usd,
        {{ positive('market_cap_usd') }} as market_cap_usd,

        -- booleans
        coalesce(date > fetched_at, false) as is_time_clamped,

        -- timestamps: a day's close is known when the day is over
        date as day_started_at,
        least(date + interval '1 day' - interval '1 second', fetched_at) as observed_at,
        fetched_at
    from ohlcvs
)

select * from renamed
