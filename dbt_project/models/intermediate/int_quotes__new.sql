-- Everything quoted in loads that no published version holds. Two contents under one key: the later fetch counts.
with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

quotes as (
    {{ quotes_of('unpublished') }}
),

deduplicated as (
    select distinct on (source, source_coin_id, observed_at) *
    from quotes
    where is_standing
    order by
        source asc, source_coin_id asc, observed_at asc, fetched_at desc,
        {{ fuller_first('price_usd', 'market_cap_usd', 'volume_24h_usd', 'market_rank', 'symbol', 'name') }}
)

select * from deduplicated
