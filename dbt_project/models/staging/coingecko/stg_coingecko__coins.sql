with

coins_list as (
    select * from {{ source('coingecko', 'coins_list') }}
),

renamed as (
    select
        -- ids
        'coingecko' as source,
        id as source_coin_id,
        _dlt_load_id as load_id,

        -- strings
        upper({{ readable(sent('coingecko.coins_list', 'symbol', 'text')) }}) as symbol,
        {{ readable(sent('coingecko.coins_list', 'name', 'text')) }} as name,
        platforms,

        -- booleans
        true as is_active,

        -- timestamps
        fetched_at
    from coins_list
)

select * from renamed
