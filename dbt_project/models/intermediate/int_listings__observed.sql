-- All that is known of each listing, one row per origin: new quotes, the catalogues, what is published.
with

new_quotes as (
    select * from {{ ref('int_quotes__new') }}
),

catalogued as (
    select * from {{ ref('int_listings__catalogued') }}
),

published as (
    select * from {{ ref('stg_published__coin_listings') }}
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
        symbol,
        name,
        rank as market_rank,
        price_usd,
        market_cap_usd,
        volume_24h_usd,
        percent_change_24h,
        circulating_supply,
        total_supply,
        max_supply,
        coalesce(is_time_clamped, false) as is_time_clamped,
        observed_at,
        fetched_at,
        canonical_id as published_canonical_id,
        first_seen_at,
        last_seen_at
    from published
)

select * from observed
