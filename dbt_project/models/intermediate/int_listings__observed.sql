-- All that is known of each listing, one row per origin: new quotes, the catalogues, what is published.
{% set columns = [
    'source', 'source_coin_id', 'canonical_id', 'symbol', 'name', 'rank', 'price_usd', 'market_cap_usd', 'volume_24h_usd',
    'percent_change_24h', 'circulating_supply', 'total_supply', 'max_supply', 'is_time_clamped', 'observed_at', 'fetched_at',
    'first_seen_at', 'last_seen_at',
] %}
with

new_quotes as (
    select * from {{ ref('int_quotes__new') }}
),

catalogued as (
    select * from {{ ref('int_listings__catalogued') }}
),

published as (
    select
        {{ columns | join(',\n        ') }},
        restated.source is null as is_standing -- what a file said before it was corrected is no quote any more
    from {{ ref('stg_published__coin_listings') }}
    left join {{ ref('int_sources__restated') }} as restated using (source)
    where not {{ rebuilding() }}
    union all
    select
        {{ columns | join(',\n        ') }},
        is_standing
    from {{ ref('int_listings__recalled') }}
),

observed as (
    select
        source,
        source_coin_id,
        symbol,
        name,
        market_rank,
        price_usd,
        market_cap_usd,
        volume_24h_usd,
        percent_change_24h,
        circulating_supply,
        total_supply,
        max_supply,
        is_time_clamped,
        observed_at,
        fetched_at,
        null as published_canonical_id,
        fetched_at as first_seen_at,
        fetched_at as last_seen_at
    from new_quotes
    union all
    select
        source,
        source_coin_id,
        symbol,
        name,
        market_rank,
        null::numeric as price_usd,
        null::numeric as market_cap_usd,
        null::numeric as volume_24h_usd,
        null::numeric as percent_change_24h,
        null::numeric as circulating_supply,
        null::numeric as total_supply,
        null::numeric as max_supply,
        false as is_time_clamped,
        null::timestamptz as observed_at,
        fetched_at,
        null as published_canonical_id,
        first_seen_at,
        fetched_at as last_seen_at
    from catalogued
    union all
    select
        source,
        source_coin_id,
        nullif(symbol, '') as symbol, -- as releases published it that took an empty one for a symbol
        nullif(name, '') as name,
        rank as market_rank,
        case when is_standing then price_usd end as price_usd,
        case when is_standing then market_cap_usd end as market_cap_usd,
        case when is_standing then volume_24h_usd end as volume_24h_usd,
        case when is_standing then percent_change_24h end as percent_change_24h,
        case when is_standing then circulating_supply end as circulating_supply,
        case when is_standing then total_supply end as total_supply,
        case when is_standing then max_supply end as max_supply,
        coalesce(is_time_clamped, false) as is_time_clamped,
        case when is_standing then observed_at end as observed_at,
        fetched_at,
        canonical_id as published_canonical_id,
        first_seen_at,
        last_seen_at
    from published
)

select * from observed
