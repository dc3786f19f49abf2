with

departures as (
    select * from {{ source('coinpaprika', 'departures') }}
),

renamed as (
    select
        -- ids
        'coinpaprika' as source,
        key as source_coin_id,
        _dlt_load_id as load_id,

        -- timestamps
        departed_at
    from departures
    where table_name = 'coins'
)

select * from renamed
