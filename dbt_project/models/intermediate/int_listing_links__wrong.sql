-- Two listings of one published coin that labels give to other coins, or whose labelled partner is in another coin, or
-- that a label calls different.
{{ config(materialized='view') }}
with

listings as (
    select * from {{ ref('stg_published__coin_listings') }}
),

labelled as (
    select * from {{ ref('int_listing_pairs__labelled') }}
),

pairs as (
    select * from labelled
    where is_same
),

links as (
    select
        coingecko.source_coin_id as coingecko_id,
        coinpaprika.source_coin_id as coinpaprika_id,
        canonical_id
    from listings as coingecko
    inner join listings as coinpaprika using (canonical_id)
    where coingecko.source = 'coingecko' and coinpaprika.source = 'coinpaprika'
),

wrong as (
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
)

select * from wrong
