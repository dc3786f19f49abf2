-- What became of every labelled pair in the published version, and which links the labels call wrong.
with

listings as (
    select * from {{ ref('stg_published__coin_listings') }}
),

labelled as (
    select * from {{ ref('int_listing_pairs__labelled') }}
),

coingecko as (
    select
        *,
        source_coin_id as coingecko_id
    from listings
    where source = 'coingecko'
),

coinpaprika as (
    select
        *,
        source_coin_id as coinpaprika_id
    from listings
    where source = 'coinpaprika'
),

labelled_pairs as (
    select
        truth,
        coingecko_id,
        coinpaprika_id,
        case when coingecko_coin = coinpaprika_coin then 'correct' else 'missed' end as verdict
    from labelled
    where is_same and coingecko_coin is not null and coinpaprika_coin is not null
),

judged as (
    select * from labelled_pairs
    union all
    select
        truth,
        coingecko_id,
        coinpaprika_id,
        'wrong' as verdict
    from {{ ref('int_listing_links__wrong') }}
),

identity_verdicts as (
    select
        -- ids
        judged.truth,
        judged.coingecko_id,
        judged.coinpaprika_id,
        coingecko.canonical_id as coingecko_coin,
        coinpaprika.canonical_id as coinpaprika_coin,

        -- strings
        judged.verdict,
        case when judged.verdict = 'missed' then 'none' else coinpaprika.method end as method,
        {{ market_cap_band('greatest(coingecko.market_cap_usd, coinpaprika.market_cap_usd)') }} as market_cap_band,
        case
            when judged.verdict <> 'missed' then coinpaprika.evidence
            else format(
                '%s %s: %s; %s %s: %s',
                coingecko.symbol, coingecko.name, coingecko.evidence,
                coinpaprika.symbol, coinpaprika.name, coinpaprika.evidence
            )
        end as evidence
    from judged
    inner join coingecko using (coingecko_id)
    inner join coinpaprika using (coinpaprika_id)
)

select * from identity_verdicts
