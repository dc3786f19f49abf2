-- What each source says of a coin in each touched hour: its quotes and the candles that lie within, as candles. Of what
-- is published only the touched hours are read. Quotes held back as implausible are left out.
{{ config(materialized='view') }}
{% set columns = [
    'canonical_id', 'source', 'opened_at', 'closed_at', 'open_usd', 'high_usd', 'low_usd', 'close_usd', 'market_cap_usd',
    'volume_usd',
] %}

with

touched as (
    select * from {{ ref('int_prices__touched') }} where grain = 'hour'
),

restated as (
    select * from {{ ref('int_sources__restated') }}
),

new_quotes as (
    select * from {{ ref('int_quotes__identified') }}
),

new_candles as (
    select * from {{ ref('int_candles__identified') }}
),

kept_quotes as (
    {{ published_within(ref('stg_published__coin_quotes'), 'observed_at', '1 hour') }}
    left join new_quotes using (source, source_coin_id, observed_at)
    where new_quotes.source is null and published.source not in (select restated.source from restated)
),

kept_candles as (
    {{ published_within(ref('stg_published__coin_candles'), 'opened_at', '1 hour') }}
    left join new_candles using (source, source_coin_id, opened_at, closed_at)
    where new_candles.source is null and published.source not in (select restated.source from restated)
),

candles as (
    {%- for quotes in ['new_quotes', 'kept_quotes'] %}
    select
        canonical_id,
        source,
        observed_at as opened_at,
        observed_at as closed_at,
        price_usd as open_usd,
        price_usd as high_usd,
        price_usd as low_usd,
        price_usd as close_usd,
        market_cap_usd,
        volume_24h_usd as volume_usd
    from {{ quotes }}
    where is_plausible and price_usd is not null
    union all
    {%- endfor %}
    {%- for candles in ['new_candles', 'kept_candles'] %}
    select {{ columns | join(', ') }}
    from {{ candles }}
    where closed_at <= date_trunc('hour', opened_at, 'UTC') + interval '1 hour'
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

quoted as (
    select
        canonical_id,
        source,
        date_trunc('hour', opened_at, 'UTC') as bucket_at,
        (array_agg(open_usd order by opened_at, closed_at desc))[1] as open_usd,
        max(high_usd) as high_usd,
        min(low_usd) as low_usd,
        (array_agg(close_usd order by closed_at desc, opened_at desc))[1] as close_usd,
        (array_agg(market_cap_usd order by closed_at desc) filter (where market_cap_usd is not null))[1]
            as market_cap_usd,
        (array_agg(volume_usd order by closed_at desc) filter (where volume_usd is not null))[1] as volume_usd,
        count(*)::integer as quote_count
    from candles
    group by canonical_id, source, date_trunc('hour', opened_at, 'UTC')
)

select * from quoted
