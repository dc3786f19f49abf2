-- Two listings of one provider that may be one coin: they have a contract in common, or each has one in common with the
-- same listing of the other provider. Not those that people call different.
{{ config(materialized="view") }}

with

deployments as (
    select * from {{ ref('int_listings__deployments') }}
),

decided as (
    select * from {{ ref('int_listing_pairs__decided') }}
),

links as (
    select * from {{ ref('int_listing_pairs__judged') }}
    where method = 'contract'
),

matched as (
    select * from {{ ref('int_listing_pairs__matched') }}
    where method in ('contract', 'override')
),

found as (
    select
        one.source,
        one.source_coin_id,
        other.source_coin_id as original_id,
        'same contract, same symbol, same name' as evidence
    from deployments as one
    inner join deployments as other using (source, chain_id, address)
    where one.source_coin_id <> other.source_coin_id
    union
    select
        'coingecko' as source,
        links.coingecko_id as source_coin_id,
        matched.coingecko_id as original_id,
        'with ' || matched.coinpaprika_id || ': ' || links.evidence as evidence
    from links
    inner join matched using (coinpaprika_id)
    where links.coingecko_id <> matched.coingecko_id
    union
    select
        'coinpaprika' as source,
        links.coinpaprika_id as source_coin_id,
        matched.coinpaprika_id as original_id,
        'with ' || matched.coingecko_id || ': ' || links.evidence as evidence
    from links
    inner join matched using (coingecko_id)
    where links.coinpaprika_id <> matched.coinpaprika_id
),

repeated as (
    select found.*
    from found
    where
        not exists (
            select from decided
            where
                decided.decision = 'different'
                and (decided.source, decided.source_coin_id) = (found.source, found.source_coin_id)
                and (decided.other_source, decided.other_source_coin_id) = (found.source, found.original_id)
        )
)

select * from repeated
