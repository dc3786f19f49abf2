-- Every coin that the providers' catalogues name, traded or not, as its newest catalogue row says it; and those that
-- only CoinPaprika's contracts name, of which nothing but the id is known, which begins with the symbol.
with

held_back as (
    select * from {{ ref('int_loads__held_back') }}
),

coinpaprika as (
    select
        source,
        source_coin_id,
        symbol,
        name,
        market_rank,
        is_active,
        fetched_at
    from {{ ref('stg_coinpaprika__coins') }}
    where load_id not in (select load_id from held_back where schema_name = 'raw_coinpaprika')
),

coingecko as (
    select
        source,
        source_coin_id,
        symbol,
        name,
        null::bigint as market_rank,
        is_active,
        fetched_at
    from {{ ref('stg_coingecko__coins') }}
    where load_id not in (select load_id from held_back where schema_name = 'raw_coingecko')
),

departures as (
    select * from {{ ref('stg_coinpaprika__departures') }}
    where load_id not in (select load_id from held_back where schema_name = 'raw_coinpaprika')
    union all
    select * from {{ ref('stg_coingecko__departures') }}
    where load_id not in (select load_id from held_back where schema_name = 'raw_coingecko')
),

contracted as (
    select
        source,
        source_coin_id,
        upper(split_part(source_coin_id, '-', 1)) as symbol,
        null as name,
        null::bigint as market_rank,
        false as is_active,
        min(fetched_at) as fetched_at
    from {{ ref('stg_coinpaprika__contracts') }}
    where source_coin_id not in (select coinpaprika.source_coin_id from coinpaprika)
    group by source, source_coin_id
),

unioned as (
    select * from coinpaprika
    union all
    select * from coingecko
    union all
    select * from contracted
),

spans as (
    select
        source,
        source_coin_id,
        min(fetched_at) as first_seen_at
    from unioned
    group by source, source_coin_id
),

latest as (
    select distinct on (source, source_coin_id) *
    from unioned
    order by
        source asc, source_coin_id asc, fetched_at desc,
        {{ fuller_first('is_active', 'market_rank', 'symbol', 'name') }}
),

last_departures as (
    select
        source,
        source_coin_id,
        max(departed_at) as departed_at
    from departures
    group by source, source_coin_id
),

catalogued as (
    select
        latest.source,
        latest.source_coin_id,
        latest.symbol,
        latest.name,
        latest.market_rank,
        case
            when last_departures.departed_at >= latest.fetched_at then 'delisted'
            when not latest.is_active then 'inactive'
            else 'active'
        end as status,
        spans.first_seen_at,
        latest.fetched_at
    from latest
    inner join spans using (source, source_coin_id)
    left join last_departures using (source, source_coin_id)
)

select * from catalogued
