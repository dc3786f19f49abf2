with

coins as (
    select * from {{ source('coinpaprika', 'coins') }}
),

renamed as (
    select
        -- ids
        'coinpaprika' as source,
        id as source_coin_id,
        _dlt_load_id as load_id,

        -- strings
        upper({{ readable(sent('coinpaprika.coins', 'symbol', 'text')) }}) as symbol,
        {{ readable(sent('coinpaprika.coins', 'name', 'text')) }} as name,

        -- numerics: zero means unknown
        nullif(rank, 0) as market_rank,

        -- booleans
        coalesce({{ sent('coinpaprika.coins', 'is_active', 'boolean') }}, true) as is_active,

        -- timestamps
        fetched_at
    from coins
)

select * from renamed
