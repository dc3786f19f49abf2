-- The hours whose prices this version has to make anew: of quotes and candles that come, and of those that a correction
-- or another link takes away. A rebuild makes all of them that the record of quotes reaches back to.
with

restated as (
    select * from {{ ref('int_sources__restated') }}
),

relinked as (
    select * from {{ ref('int_listings__relinked') }}
),

published_quotes as (
    select * from {{ ref('stg_published__coin_quotes') }}
),

published_candles as (
    select * from {{ ref('stg_published__coin_candles') }}
),

published_hours as (
    select * from {{ ref('stg_published__coin_prices_hourly') }}
),

candles as (
    select
        canonical_id,
        opened_at,
        closed_at
    from {{ ref('int_candles__identified') }}
    union all
    select
        canonical_id,
        opened_at,
        closed_at
    from published_candles
    where {{ rebuilding() }}
    union all
    select
        published_candles.canonical_id,
        published_candles.opened_at,
        published_candles.closed_at
    from restated
    inner join published_candles using (source)
    union all
    select
        published_candles.canonical_id,
        published_candles.opened_at,
        published_candles.closed_at
    from relinked
    inner join published_candles using (source, source_coin_id)
),

touched as (
    select
        canonical_id,
        date_trunc('hour', observed_at, 'UTC') as bucket_at
    from {{ ref('int_quotes__identified') }}
    union
    select
        published_quotes.canonical_id,
        date_trunc('hour', published_quotes.observed_at, 'UTC') as bucket_at
    from restated
    inner join published_quotes using (source)
    union
    select
        published_quotes.canonical_id,
        date_trunc('hour', published_quotes.observed_at, 'UTC') as bucket_at
    from relinked
    inner join published_quotes using (source, source_coin_id)
    union
    select
        canonical_id,
        date_trunc('hour', opened_at, 'UTC') as bucket_at
    from candles
    where closed_at <= date_trunc('hour', opened_at, 'UTC') + interval '1 hour'
    union
    select
        canonical_id,
        date_trunc('hour', observed_at, 'UTC') as bucket_at
    from published_quotes
    where {{ rebuilding() }}
    union
    select
        canonical_id,
        bucket_at
    from published_hours
    where {{ rebuilding() }} and bucket_at >= (select min(observed_at) from published_quotes)
)

select * from touched
