-- The candles of touched days that are longer than an hour and within the day: of several of one span the medians.
{{ config(materialized='view') }}
{% set columns = [
    'canonical_id', 'source', 'opened_at', 'closed_at', 'open_usd', 'high_usd', 'low_usd', 'close_usd', 'market_cap_usd',
    'volume_usd',
] %}

with

touched as (
    select * from {{ ref('int_prices__touched') }} where grain = 'day'
),

restated as (
    select * from {{ ref('int_sources__restated') }}
),

new_candles as (
    select * from {{ ref('int_candles__identified') }}
),

kept_candles as (
    {{ published_within(ref('stg_published__coin_candles'), 'opened_at', '1 day') }}
    left join new_candles using (source, source_coin_id, opened_at, closed_at)
    where new_candles.source is null and published.source not in (select restated.source from restated)
),

candles as (
    {%- for candles in ['new_candles', 'kept_candles'] %}
    select {{ columns | join(', ') }}
    from {{ candles }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

quoted as (
    select
        canonical_id,
        opened_at,
        closed_at,
        {{ exact_median('open_usd') }} as open_usd,
        {{ exact_median('high_usd') }} as high_usd,
        {{ exact_median('low_usd') }} as low_usd,
        {{ exact_median('close_usd') }} as close_usd,
        {{ exact_median('market_cap_usd') }} as market_cap_usd,
        {{ exact_median('volume_usd') }} as volume_usd,
        count(*)::integer as quote_count,
        array_agg(distinct source order by source) as sources
    from candles
    where
        closed_at > date_trunc('hour', opened_at, 'UTC') + interval '1 hour'
        and closed_at <= date_trunc('day', opened_at, 'UTC') + interval '1 day'
    group by canonical_id, opened_at, closed_at
)

select * from quoted
