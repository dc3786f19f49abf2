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
        upper(btrim(symbol)) as symbol,
        btrim(name) as name,

        -- numerics
        market_cap_rank as market_rank,
        {{ positive('current_price') }} as price_usd,
        {{ positive('market_cap') }} as market_cap_usd,
        trim_scale(total_volume) as volume_24h_usd,
        trim_scale(price_change_percentage_24h) as percent_change_24h,
        {{ positive('circulating_supply') }} as circulating_supply,
        {{ positive('total_supply') }} as total_supply,
        {{ positive('max_supply') }} as max_supply,

        -- booleans
        coalesce(last_updated > fetched_at, false) as is_time_clamped,

        -- timestamps
        least(coalesce(last_updated, fetched_at), fetched_at) as observed_at,
        fetched_at
    from markets
)

select * from renamed
