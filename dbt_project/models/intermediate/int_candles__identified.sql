-- The candles that this version adds to the record or changes in it, each with its coin: of files, of backfills, and
-- all of listings that are linked to another coin now. What is longer than a day, or contradicts itself, is no candle.
with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

listings as (
    select
        source,
        source_coin_id,
        canonical_id
    from {{ ref('int_listings__identified') }}
),

files as (
    select * from {{ ref('stg_csv__files') }} where status = 'loaded'
),

of_files as (
    select
        ohlcvs.source,
        ohlcvs.source_coin_id,
        ohlcvs.open_usd,
        ohlcvs.high_usd,
        ohlcvs.low_usd,
        ohlcvs.close_usd,
        ohlcvs.market_cap_usd,
        ohlcvs.volume_usd,
        ohlcvs.day_started_at as opened_at,
        ohlcvs.day_started_at + interval '1 day' as closed_at,
        ohlcvs.fetched_at
    from {{ ref('stg_csv__ohlcvs') }} as ohlcvs
    inner join files using (file, file_hash, revision)
    where ohlcvs.load_id in (select unpublished.load_id from unpublished where unpublished.schema_name = 'raw_csv')
),

of_backfills as (
    select
        source,
        source_coin_id,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        null::numeric as market_cap_usd,
        null::numeric as volume_usd,
        opened_at,
        closed_at,
        fetched_at
    from {{ ref('stg_coingecko__candles') }}
    where load_id in (select unpublished.load_id from unpublished where unpublished.schema_name = 'raw_coingecko')
),

of_relinked as (
    select
        candles.source,
        candles.source_coin_id,
        candles.open_usd,
        candles.high_usd,
        candles.low_usd,
        candles.close_usd,
        candles.market_cap_usd,
        candles.volume_usd,
        candles.opened_at,
        candles.closed_at,
        candles.fetched_at
    from {{ ref('stg_published__coin_candles') }} as candles
    inner join {{ ref('int_listings__relinked') }} as relinked
        on candles.source = relinked.source and candles.source_coin_id = relinked.source_coin_id
    where candles.source not in (select restated.source from {{ ref('int_sources__restated') }} as restated)
),

unioned as (
    select * from of_files
    union all
    select * from of_backfills
    union all
    select * from of_relinked
),

identified as (
    select distinct on (unioned.source, unioned.source_coin_id, unioned.opened_at, unioned.closed_at)
        unioned.*,
        listings.canonical_id
    from unioned
    inner join listings using (source, source_coin_id)
    where
        unioned.high_usd >= greatest(unioned.open_usd, unioned.close_usd)
        and unioned.low_usd <= least(unioned.open_usd, unioned.close_usd)
        and unioned.open_usd is not null
        and unioned.close_usd is not null
        and unioned.closed_at - unioned.opened_at <= interval '1 day'
    order by
        unioned.source asc, unioned.source_coin_id asc, unioned.opened_at asc, unioned.closed_at asc,
        unioned.fetched_at desc,
        {{ fuller_first('unioned.close_usd', 'unioned.open_usd', 'unioned.high_usd', 'unioned.low_usd') }}
)

select * from identified
