-- The quotes that this version adds to the record or changes in it, each with its coin: new ones, backfilled ones, and
-- all of listings that are linked to another coin now.
with

weighed as (
    select * from {{ ref('int_listings__weighed') }}
),

new_quotes as (
    select
        source,
        source_coin_id,
        price_usd,
        market_cap_usd,
        volume_24h_usd,
        percent_change_24h,
        is_time_clamped,
        true as is_plausible,
        observed_at,
        fetched_at,
        1 as precedence
    from {{ ref('int_quotes__new') }}
),

backfilled as (
    select
        source,
        source_coin_id,
        price_usd,
        market_cap_usd,
        volume_24h_usd,
        null::numeric as percent_change_24h,
        is_time_clamped,
        true as is_plausible,
        observed_at,
        fetched_at,
        2 as precedence
    from {{ ref('int_quotes__backfilled') }}
),

relinked as (
    select
        quotes.source,
        quotes.source_coin_id,
        quotes.price_usd,
        quotes.market_cap_usd,
        quotes.volume_24h_usd,
        quotes.percent_change_24h,
        quotes.is_time_clamped,
        quotes.is_plausible,
        quotes.observed_at,
        quotes.fetched_at,
        3 as precedence
    from {{ ref('stg_published__coin_quotes') }} as quotes
    inner join {{ ref('int_listings__relinked') }} as listings
        on quotes.source = listings.source and quotes.source_coin_id = listings.source_coin_id
    where quotes.source not in (select restated.source from {{ ref('int_sources__restated') }} as restated)
),

unioned as (
    select * from new_quotes
    union all
    select * from backfilled
    union all
    select * from relinked
),

deduplicated as (
    select distinct on (source, source_coin_id, observed_at) *
    from unioned
    order by
        source asc, source_coin_id asc, observed_at asc, precedence asc, fetched_at desc,
        {{ fuller_first('price_usd', 'market_cap_usd', 'volume_24h_usd') }}
),

identified as (
    select
        deduplicated.source,
        deduplicated.source_coin_id,
        weighed.canonical_id,
        deduplicated.price_usd,
        deduplicated.market_cap_usd,
        deduplicated.volume_24h_usd,
        deduplicated.percent_change_24h,
        deduplicated.is_plausible
        and (weighed.is_plausible or weighed.observed_at is distinct from deduplicated.observed_at) as is_plausible,
        deduplicated.is_time_clamped,
        deduplicated.observed_at,
        deduplicated.fetched_at
    from deduplicated
    inner join weighed using (source, source_coin_id)
)

select * from identified
