-- Which two listings must not be one coin, and why. Hard: people said so, or they have different contracts on one
-- chain and not one name. Soft: prices of one time lie far apart, which a stale quote does too.
with

compared as (
    select * from {{ ref('int_listing_pairs__compared') }}
),

decisions as (
    select * from {{ ref('int_listing_pairs__decided') }}
),

decided as (
    select
        source,
        source_coin_id,
        other_source,
        other_source_coin_id,
        1 as precedence,
        'decided by people: ' || reason as contradiction
    from decisions
    where decision = 'different'
),

by_contract as (
    select
        'coingecko' as source,
        coingecko_id as source_coin_id,
        'coinpaprika' as other_source,
        coinpaprika_id as other_source_coin_id,
        2 as precedence,
        'different contracts on one chain, and not one name' as contradiction
    from compared
    where
        has_other_contract
        and decision is distinct from 'same'
        and not (has_same_symbol and (has_same_name or has_same_core_name or has_same_id_name))
),

by_price as (
    select
        'coingecko' as source,
        coingecko_id as source_coin_id,
        'coinpaprika' as other_source,
        coinpaprika_id as other_source_coin_id,
        3 as precedence,
        'prices of one time ' || round(exp(price_log_ratio)::numeric, 1) || ' times apart' as contradiction
    from compared
    where price_log_ratio > {{ var('conflicting_log_ratio') }} and decision is distinct from 'same'
),

unioned as (
    select * from decided
    union all
    select * from by_contract
    union all
    select * from by_price
),

contradicted as (
    select distinct on (source, source_coin_id, other_source, other_source_coin_id)
        source,
        source_coin_id,
        other_source,
        other_source_coin_id,
        contradiction,
        precedence < 3 as is_hard
    from unioned
    order by source, source_coin_id, other_source, other_source_coin_id, precedence
)

select * from contradicted
