with

contracts as (
    select * from {{ source('coinpaprika', 'contracts') }}
),

ranked as (
    select
        *,
        rank() over (partition by platform, address order by fetched_at desc) as age
    from contracts
    where id is not null
),

latest as (
    select
        -- ids
        'coinpaprika' as source,
        id as source_coin_id,
        platform,
        btrim(address) as address,

        -- booleans
        coalesce(active, true) as is_active,

        -- timestamps
        fetched_at
    from ranked
    where age = 1 -- all of the newest answer: it may give one address to several coins
)

select * from latest
