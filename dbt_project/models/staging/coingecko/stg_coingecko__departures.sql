with

departures as (
    select * from {{ source('coingecko', 'departures') }}
),

renamed as (
    select
        -- ids
        'coingecko' as source,
        key as source_coin_id,
        _dlt_load_id as load_id,

        -- timestamps
        departed_at
    from departures
    where table_name = 'coins_list'
)

select * from renamed
