-- Between the first and the last time that a coin was quoted, where nobody quoted it: days of all its history, and
-- hours of the last month that the hourly prices reach. Asked for one coin, it reads that coin's prices only.
with

-- not materialized: for one coin only its hours are read
hourly as not materialized (
    select * from {{ ref('stg_published__coin_prices_hourly') }}
),

days as (
    select
        canonical_id,
        'day' as grain,
        bucket_at,
        bucket_at + interval '1 day' as ended_at,
        interval '1 day' as length,
        sources
    from {{ ref('stg_published__coin_prices_daily') }}
),

hours as (
    select
        canonical_id,
        'hour' as grain,
        bucket_at,
        bucket_at + interval '1 hour' as ended_at,
        interval '1 hour' as length,
        sources
    from hourly
    where
        bucket_at >= (
            select max(newest.bucket_at) - make_interval(days => {{ var('coverage_window_days') }})
            from hourly as newest
        )
),

unioned as (
    select * from days
    union all
    select * from hours
),

followed as (
    select
        *,
        lead(bucket_at) over (partition by canonical_id, grain order by bucket_at) as next_at
    from unioned
),

coverage_gaps as (
    select
        -- ids
        canonical_id,

        -- strings
        grain,
        sources,

        -- numerics
        (extract(epoch from next_at - ended_at) / extract(epoch from length))::integer as missing_count,

        -- timestamps
        ended_at as started_at,
        next_at as ended_at
    from followed
    where next_at > ended_at
)

select * from coverage_gaps
