-- Everything quoted in loads that no published version holds. Two contents under one key: the later fetch counts.
with

unpublished as (
    select * from {{ ref('int_loads__unpublished') }}
),

coinpaprika as (
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
        fetched_at
    from {{ ref('stg_coinpaprika__tickers') }}
    where load_id in (select load_id from unpublished where schema_name = 'raw_coinpaprika')
),

coingecko as (
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
        fetched_at
    from {{ ref('stg_coingecko__markets') }}
    where load_id in (select load_id from unpublished where schema_name = 'raw_coingecko')
),

csv_files as (
    select * from {{ ref('stg_csv__files') }}
),

csv_snapshots as (
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
        null::numeric as total_supply,
        null::numeric as max_supply,
        is_time_clamped,
        observed_at,
        fetched_at
    from {{ ref('stg_csv__snapshots') }}
    where
        load_id in (select load_id from unpublished where schema_name = 'raw_csv')
        and (file, file_hash, revision) in (select
            file,
            file_hash,
            revision
        from csv_files)
),

csv_history as (
    select
        source,
        source_coin_id,
        symbol,
        name,
        null::bigint as market_rank,
        close_usd as price_usd,
        market_cap_usd,
        volume_usd as volume_24h_usd,
        null::numeric as percent_change_24h,
        null::numeric as circulating_supply,
        null::numeric as total_supply,
        null::numeric as max_supply,
        is_time_clamped,
        observed_at,
        fetched_at
    from {{ ref('stg_csv__ohlcvs') }}
    where
        close_usd is not null -- a file whose numbers contradict themselves lands without them
        and load_id in (select load_id from unpublished where schema_name = 'raw_csv')
        and (file, file_hash, revision) in (select
            file,
            file_hash,
            revision
        from csv_files)
),

unioned as (
    select * from coinpaprika
    union all
    select * from coingecko
    union all
    select * from csv_snapshots
    union all
    select * from csv_history
),

deduplicated as (
    select distinct on (source, source_coin_id, observed_at) *
    from unioned
    order by
        source asc, source_coin_id asc, observed_at asc, fetched_at desc,
        {{ fuller_first('price_usd', 'market_cap_usd', 'volume_24h_usd', 'market_rank', 'symbol', 'name') }}
)

select * from deduplicated
