-- What speaks for and against each candidate pair.
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

listings as (
    select * from {{ ref('int_listings__current') }}
),

candidates as (
    select * from {{ ref('int_listing_pairs__candidates') }}
),

coingecko as (
    {{ described_listings("keyed.source = 'coingecko'") }}
),

coinpaprika as (
    {{ described_listings("keyed.source = 'coinpaprika'") }}
),

compared as (
    select
        candidates.coingecko_id,
        candidates.coinpaprika_id,
        candidates.decision,
        candidates.has_same_contract,
        candidates.has_other_contract,
        {{ compared_listings('coingecko', 'coinpaprika') }}
    from candidates
    inner join coingecko on candidates.coingecko_id = coingecko.source_coin_id
    inner join coinpaprika on candidates.coinpaprika_id = coinpaprika.source_coin_id
)

select * from compared
