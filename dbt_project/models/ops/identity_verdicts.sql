-- What became of every labelled pair in the published version, and which links the labels call wrong: two listings of
-- one coin that the labels give to other coins, or whose labelled partner is in another coin.
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

pairs as (
    select * from labelled
    where is_same
),

labelled_pairs as (
    select
        truth,
        coingecko_id,
        coinpaprika_id,
        case when coingecko_coin = coinpaprika_coin then 'correct' else 'missed' end as verdict
    from pairs
    where coingecko_coin is not null and coinpaprika_coin is not null
),

links as (
    select
        coingecko.coingecko_id,
        coinpaprika.coinpaprika_id,
        coingecko.canonical_id
    from coingecko
    inner join coinpaprika using (canonical_id)
),

wrong_links as (
    select
        pairs.truth,
        links.coingecko_id,
        links.coinpaprika_id
    from links
    inner join pairs using (coingecko_id)
    where
        pairs.coinpaprika_coin <> links.canonical_id
        or exists (
            select from pairs as others
            where others.truth = pairs.truth and others.coinpaprika_id = links.coinpaprika_id
        )
    union
    select
        pairs.truth,
        links.coingecko_id,
        links.coinpaprika_id
    from links
    inner join pairs using (coinpaprika_id)
    where pairs.coingecko_coin <> links.canonical_id
    union
    select
        labelled.truth,
        links.coingecko_id,
        links.coinpaprika_id
    from links
    inner join labelled using (coingecko_id, coinpaprika_id)
    where not labelled.is_same
    except
    select
        truth,
        coingecko_id,
        coinpaprika_id
    from pairs
),

judged as (
    select * from labelled_pairs
    union all
    select
        truth,
        coingecko_id,
        coinpaprika_id,
        'wrong' as verdict
    from wrong_links
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
