-- Published listings that their provider has dropped: when it did, and since when they were published.
{{ config(materialized='view') }}
with

listings as (
    select * from {{ ref('int_listings__current') }} where status = 'delisted'
),

departures as (
    select * from {{ ref('stg_coinpaprika__departures') }}
    union all
    select * from {{ ref('stg_coingecko__departures') }}
),

history as (
    select * from {{ ref('stg_published__coin_listing_history') }}
),

departed as (
    select
        listings.source,
        listings.source_coin_id,
        max(departures.departed_at) as departed_at,
        min(history.valid_from) as published_at
    from listings
    inner join departures using (source, source_coin_id)
    inner join history using (source, source_coin_id)
    group by listings.source, listings.source_coin_id
)

select * from departed
