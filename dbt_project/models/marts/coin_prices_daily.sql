{% set columns = [
    'open_usd', 'high_usd', 'low_usd', 'close_usd', 'market_cap_usd', 'volume_usd', 'quote_count', 'sources',
] %}

-- The days that this version makes anew, out of their hours and of the candles of hours or a day that sources give. A
-- day opens with what opens first, closes with what closes last (an hour before a candle), and spans them all: where
-- there are hours only, it is what they add up to.
with

touched as (
    select * from {{ ref('int_prices__touched') }} where grain = 'day'
),

new_hours as (
    select * from {{ ref('coin_prices_hourly') }}
),

kept_hours as (
    {{ published_within(ref('stg_published__coin_prices_hourly'), 'bucket_at', '1 day') }}
    left join {{ ref('int_prices__touched') }} as touched_hours
        on
            published.canonical_id = touched_hours.canonical_id
            and published.bucket_at = touched_hours.bucket_at
            and touched_hours.grain = 'hour'
    where touched_hours.canonical_id is null
),

candles as (
    {%- for hours in ['new_hours', 'kept_hours'] %}
    select
        canonical_id,
        bucket_at as opened_at,
        bucket_at + interval '1 hour' as closed_at,
        true as is_hour,
        {{ columns | join(', ') }}
    from {{ hours }}
    union all
    {%- endfor %}
    select
        canonical_id,
        opened_at,
        closed_at,
        false as is_hour,
        {{ columns | join(', ') }}
    from {{ ref('int_price_days__quoted') }}
),

spans as (
    select
        canonical_id,
        date_trunc('day', opened_at, 'UTC') as bucket_at,
        (array_agg(open_usd order by opened_at, is_hour))[1] as open_usd,
        max(high_usd) as high_usd,
        min(low_usd) as low_usd,
        (array_agg(close_usd order by closed_at desc, is_hour desc))[1] as close_usd,
        (array_agg(market_cap_usd order by closed_at desc, is_hour) filter (where market_cap_usd is not null))[1]
            as market_cap_usd,
        (array_agg(volume_usd order by closed_at desc, is_hour) filter (where volume_usd is not null))[1] as volume_usd,
        sum(quote_count)::integer as quote_count,
        array_agg(distinct sources::text) as source_lists
    from candles
    group by canonical_id, date_trunc('day', opened_at, 'UTC')
),

coin_prices_daily as (
    select
        -- ids
        canonical_id,

        -- numerics
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        market_cap_usd,
        volume_usd,
        quote_count,
        (
            select array_agg(distinct names.source order by names.source)
            from unnest(spans.source_lists) as lists (sources)
            cross join lateral unnest(lists.sources::text[]) as names (source)
        ) as sources,

        -- timestamps
        bucket_at
    from spans
)

select * from coin_prices_daily
