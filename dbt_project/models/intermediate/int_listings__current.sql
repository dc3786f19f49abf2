-- Every listing as it is known now: what is published and what came since, whichever was observed later; and the
-- catalogues' listings that nobody quotes.
with

observed as (
    select * from {{ ref('int_listings__observed') }}
),

catalogued as (
    select * from {{ ref('int_listings__catalogued') }}
),

spans as (
    select
        source,
        source_coin_id,
        max(published_canonical_id) as published_canonical_id,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from observed
    group by source, source_coin_id
),

-- What it is called is what its quotes say, or, once it is quoted no more, what was said last
named as (
    select distinct on (observed.source, observed.source_coin_id)
        observed.source,
        observed.source_coin_id,
        observed.symbol,
        observed.name
    from observed
    inner join spans using (source, source_coin_id)
    where observed.symbol is not null or observed.name is not null
    order by
        observed.source asc, observed.source_coin_id asc,
        coalesce(
            observed.observed_at is not null and observed.fetched_at > spans.last_seen_at - interval '2 days', false
        ) desc,
        observed.fetched_at desc,
        {{ fuller_first('observed.observed_at', 'observed.price_usd', 'observed.symbol', 'observed.name') }}
),

newest as (
    select distinct on (source, source_coin_id)
        source,
        source_coin_id,
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
        fetched_at
    from observed
    order by
        source asc, source_coin_id asc, observed_at desc nulls last, fetched_at desc,
        {{ fuller_first('price_usd', 'market_cap_usd', 'volume_24h_usd', 'market_rank') }}
),

current_listings as (
    select
        newest.*,
        named.symbol,
        named.name,
        coalesce(catalogued.status, 'active') as status,
        spans.published_canonical_id,
        spans.first_seen_at,
        spans.last_seen_at
    from newest
    inner join spans using (source, source_coin_id)
    left join named using (source, source_coin_id)
    left join catalogued using (source, source_coin_id)
)

select * from current_listings
