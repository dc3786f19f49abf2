with

snapshots as (
    select * from {{ source('csv', 'snapshots') }}
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
        nullif(rank, 0) as market_rank,
        {{ positive('price_usd') }} as price_usd,
        {{ positive('market_cap_usd') }} as market_cap_usd,
        trim_scale(volume_24h_usd) as volume_24h_usd,
        trim_scale(percent_change_24h) as percent_change_24h,
        {{ positive('circulating_supply') }} as circulating_supply,

        -- booleans
        coalesce(observed_at > fetched_at, false) as is_time_clamped,

        -- timestamps
        least(coalesce(observed_at, fetched_at), fetched_at) as observed_at,
        fetched_at
    from snapshots
)

select * from renamed
