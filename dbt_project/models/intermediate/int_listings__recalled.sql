-- What a rebuild begins with in place of the published listings: every listing that has a link, with its newest quote
-- in raw and since when we know it: where retention has taken that, since its link was published. Else empty.
{{ config(materialized='view') }}

with

history as (
    select * from {{ ref('stg_published__coin_listing_history') }} where {{ rebuilding() }}
),

published_loads as (
    select * from {{ ref('stg_ledger__published_loads') }} where {{ rebuilding() }}
),

catalogued as (
    select * from {{ ref('int_listings__catalogued') }}
),

links as (
    select
        source,
        source_coin_id,
        max(canonical_id) filter (where valid_to is null) as canonical_id,
        min(valid_from) as published_at
    from history
    group by source, source_coin_id
),

quotes as (
    {{ quotes_of('published_loads') }}
),

spans as (
    select
        source,
        source_coin_id,
        min(fetched_at) as first_seen_at,
        max(fetched_at) as last_seen_at
    from quotes
    group by source, source_coin_id
),

newest as (
    select distinct on (source, source_coin_id) *
    from quotes
    order by
        source asc,
        source_coin_id asc,
        case when is_standing then observed_at end desc nulls last,
        fetched_at desc,
        observed_at desc,
        {{ fuller_first('price_usd', 'market_cap_usd', 'volume_24h_usd', 'market_rank', 'symbol', 'name') }}
),

-- raw has forgotten the quotes, and no catalogue names it
lost as (
    select links.*
    from links
    left join newest using (source, source_coin_id)
    left join catalogued using (source, source_coin_id)
    where newest.source is null and catalogued.source is null
),

recalled as (
    select
        links.source,
        links.source_coin_id,
        links.canonical_id,
        newest.symbol,
        newest.name,
        newest.market_rank as rank,
        newest.price_usd,
        newest.market_cap_usd,
        newest.volume_24h_usd,
        newest.percent_change_24h,
        newest.circulating_supply,
        newest.total_supply,
        newest.max_supply,
        coalesce(newest.is_standing, false) as is_standing,
        newest.is_time_clamped,
        newest.observed_at,
        coalesce(newest.fetched_at, lost.published_at, '-infinity') as fetched_at,
        least(spans.first_seen_at, links.published_at) as first_seen_at,
        coalesce(spans.last_seen_at, lost.published_at) as last_seen_at
    from links
    left join newest using (source, source_coin_id)
    left join spans using (source, source_coin_id)
    left join lost using (source, source_coin_id)
)

select * from recalled
