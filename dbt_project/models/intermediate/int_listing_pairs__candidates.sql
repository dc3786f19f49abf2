-- Pairs of a CoinGecko and a CoinPaprika listing worth comparing: they share a symbol, a deployment, or name and id;
-- people have decided about them, or they are published as one coin. And what their contracts say.
{{ config(materialized='view') }}
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

deployments as (
    select * from {{ ref('int_listings__deployments') }}
),

decisions as (
    select * from {{ ref('int_listing_pairs__decided') }}
),

published as (
    select * from {{ ref('int_listing_links__known') }}
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

by_name_and_id as (
    select
        coingecko.source_coin_id as coingecko_id,
        coinpaprika.source_coin_id as coinpaprika_id
    from keyed as coingecko
    inner join keyed as coinpaprika using (name_key, id_key)
    where coingecko.source = 'coingecko' and coinpaprika.source = 'coinpaprika'
),

by_contract as (
    select
        left_side.source_coin_id as coingecko_id,
        right_side.source_coin_id as coinpaprika_id
    from deployments as left_side
    inner join deployments as right_side using (chain_id, address)
    where left_side.source = 'coingecko' and right_side.source = 'coinpaprika'
),

decided as (
    select
        source_coin_id as coingecko_id,
        other_source_coin_id as coinpaprika_id,
        min(decision) as decision
    from decisions
    where source = 'coingecko' and other_source = 'coinpaprika'
    group by source_coin_id, other_source_coin_id
),

published_together as (
    select
        coingecko.source_coin_id as coingecko_id,
        coinpaprika.source_coin_id as coinpaprika_id
    from published as coingecko
    inner join published as coinpaprika using (canonical_id)
    where coingecko.source = 'coingecko' and coinpaprika.source = 'coinpaprika'
),

paired as (
    select * from by_symbol
    union
    select * from by_name_and_id
    union
    select * from by_contract
    union
    select
        coingecko_id,
        coinpaprika_id
    from decided
    union
    select * from published_together
),

contracts as (
    select
        source,
        source_coin_id,
        array_agg(chain_id) as chains,
        array_agg(chain_id || '/' || address) as addresses
    from deployments
    group by source, source_coin_id
),

candidates as (
    select
        paired.coingecko_id,
        paired.coinpaprika_id,
        decided.decision,
        coalesce(left_side.addresses && right_side.addresses, false) as has_same_contract,
        coalesce(
            left_side.chains && right_side.chains and not left_side.addresses && right_side.addresses, false
        ) as has_other_contract
    from paired
    left join decided using (coingecko_id, coinpaprika_id)
    left join contracts as left_side
        on paired.coingecko_id = left_side.source_coin_id and left_side.source = 'coingecko'
    left join contracts as right_side
        on paired.coinpaprika_id = right_side.source_coin_id and right_side.source = 'coinpaprika'
)

select * from candidates
