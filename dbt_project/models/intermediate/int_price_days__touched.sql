-- The days whose prices this version has to make anew: of the hours, and of candles within a day that come or go.
with

restated as (
    select * from {{ ref('int_sources__restated') }}
),

relinked as (
    select * from {{ ref('int_listings__relinked') }}
),

published_candles as (
    select * from {{ ref('stg_published__coin_candles') }}
),

published_days as (
    select * from {{ ref('stg_published__coin_prices_daily') }}
),

touched as (
    select
        canonical_id,
        date_trunc('day', bucket_at, 'UTC') as bucket_at
    from {{ ref('int_price_hours__touched') }}
    union
    select
        canonical_id,
        date_trunc('day', opened_at, 'UTC') as bucket_at
    from {{ ref('int_candles__identified') }}
    union
    select
        published_candles.canonical_id,
        date_trunc('day', published_candles.opened_at, 'UTC') as bucket_at
    from restated
    inner join published_candles using (source)
    union
    select
        published_candles.canonical_id,
        date_trunc('day', published_candles.opened_at, 'UTC') as bucket_at
    from relinked
    inner join published_candles using (source, source_coin_id)
    union
    select
        canonical_id,
        date_trunc('day', opened_at, 'UTC') as bucket_at
    from published_candles
    where {{ rebuilding() }}
    union
    select
        canonical_id,
        bucket_at
    from published_days
    where {{ rebuilding() }} and bucket_at >= (select min(observed_at) from {{ ref('stg_published__coin_quotes') }})
)

select * from touched
