-- The past that those loads bring: quotes that a backfill asked for.
{{ config(materialized='ephemeral') }}

with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

market_charts as (
    select * from {{ ref('stg_coingecko__market_charts') }}
    where load_id in (select unpublished.load_id from unpublished where unpublished.schema_name = 'raw_coingecko')
),

historical_tickers as (
    select * from {{ ref('stg_coinpaprika__historical_tickers') }}
    where load_id in (select unpublished.load_id from unpublished where unpublished.schema_name = 'raw_coinpaprika')
),

backfilled as (
    select * from market_charts
    where price_usd is not null
    union all
    select * from historical_tickers
    where price_usd is not null
)

select * from backfilled
