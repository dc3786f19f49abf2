with

contracts as (
    select * from {{ source('coinpaprika', 'contracts') }}
),

departures as (
    select
        key::jsonb ->> 0 as platform,
        key::jsonb ->> 1 as address,
        max(departed_at) as departed_at
    from {{ source('coinpaprika', 'departures') }}
    where table_name = 'contracts'
    group by key::jsonb ->> 0, key::jsonb ->> 1
),

ranked as (
    select
        contracts.*,
        rank() over (partition by platform, address order by contracts.fetched_at desc) as age
    from contracts
    left join departures using (platform, address)
    where contracts.id is not null and (departures.departed_at is null or departures.departed_at < contracts.fetched_at)
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
    where age = 1 -- all of the newest answer: it may give one address to several coins, and what it lacks is withdrawn
)

select * from latest
