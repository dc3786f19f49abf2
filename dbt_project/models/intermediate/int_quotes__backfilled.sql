-- The past that those loads bring: quotes that a backfill asked for. Of a listing that is new with this version all
-- that was ever asked for: it may have come before anybody listed the coin.
{{ config(materialized='view') }}

with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

newcomers as (
    select * from {{ ref('int_listings__identified') }} where published_id is null
),

asked_for as (
    {{ asked_for(ref('stg_coingecko__market_charts')) }}
    union all
    {{ asked_for(ref('stg_coinpaprika__historical_tickers')) }}
),

backfilled as (
    select * from asked_for where price_usd is not null
)

select * from backfilled
