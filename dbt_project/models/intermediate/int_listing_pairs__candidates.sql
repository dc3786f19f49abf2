-- Pairs of a CoinGecko and a CoinPaprika listing worth comparing: they share a symbol or a deployment, or people have
-- decided about them.
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

deployments as (
    select * from {{ ref('int_listings__deployments') }}
),

overrides as (
    select * from {{ ref('identity_overrides') }}
),

by_symbol as (
    select
        coingecko.source_coin_id as coingecko_id,
        coinpaprika.source_coin_id as coinpaprika_id
    from keyed as coingecko
    inner join keyed as coinpaprika using (symbol_key)
    where
        coingecko.source = 'coingecko'
        and coinpaprika.source = 'coinpaprika'
        and symbol_key <> ''
),

by_contract as (
    select distinct
        left_side.source_coin_id as coingecko_id,
        right_side.source_coin_id as coinpaprika_id
    from deployments as left_side
    inner join deployments as right_side using (chain_id, address)
    where left_side.source = 'coingecko' and right_side.source = 'coinpaprika'
),

decided as (
    select
        case when source = 'coingecko' then source_coin_id else other_source_coin_id end as coingecko_id,
        case when source = 'coingecko' then other_source_coin_id else source_coin_id end as coinpaprika_id,
        decision
    from overrides
    where (source, other_source) in (('coingecko', 'coinpaprika'), ('coinpaprika', 'coingecko'))
),

paired as (
    select * from by_symbol
    union
    select * from by_contract
    union
    select
        coingecko_id,
        coinpaprika_id
    from decided
),

candidates as (
    select
        paired.coingecko_id,
        paired.coinpaprika_id,
        decided.decision,
        by_contract.coingecko_id is not null as has_same_contract
    from paired
    left join by_contract using (coingecko_id, coinpaprika_id)
    left join decided using (coingecko_id, coinpaprika_id)
)

select * from candidates
