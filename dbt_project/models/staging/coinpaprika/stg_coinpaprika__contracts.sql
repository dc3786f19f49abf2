with

contracts as (
    select * from {{ source('coinpaprika', 'contracts') }}
),

latest as (
    select distinct on (platform, address)
        -- ids
        'coinpaprika' as source,
        id as source_coin_id,
        platform,
        btrim(address) as address,

        -- booleans
        coalesce(active, true) as is_active,

        -- timestamps
        fetched_at
    from contracts
    where id is not null
    order by platform, address, fetched_at desc
)

select * from latest
