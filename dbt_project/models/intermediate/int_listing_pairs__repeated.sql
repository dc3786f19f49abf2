-- Two listings of one provider that may be one coin: people say so, they have a contract in common, or each has one in
-- common with the same listing of the other provider. Not those that people call different.
{{ config(materialized="ephemeral") }}

with

deployments as (
    select * from {{ ref('int_listings__deployments') }}
),

overrides as (
    {{ decisions() }}
),

links as (
    select * from {{ ref('int_listing_pairs__judged') }}
    where method in ('contract', 'override')
),

matched as (
    select * from {{ ref('int_listing_pairs__matched') }}
    where method in ('contract', 'override')
),

found as (
    select
        source,
        source_coin_id,
        other_source_coin_id as original_id,
        'override' as method,
        'decided by people' as evidence
    from overrides
    where decision = 'same' and source = other_source and source_coin_id > other_source_coin_id
    union
    select
        one.source,
        one.source_coin_id,
        other.source_coin_id as original_id,
        'contract' as method,
        'same contract, same symbol, same name' as evidence
    from deployments as one
    inner join deployments as other using (source, chain_id, address)
    where one.source_coin_id <> other.source_coin_id
    union
    select
        'coingecko' as source,
        links.coingecko_id as source_coin_id,
        matched.coingecko_id as original_id,
        links.method,
        'with ' || matched.coinpaprika_id || ': ' || links.evidence as evidence
    from links
    inner join matched using (coinpaprika_id)
    where links.coingecko_id <> matched.coingecko_id
    union
    select
        'coinpaprika' as source,
        links.coinpaprika_id as source_coin_id,
        matched.coinpaprika_id as original_id,
        links.method,
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
            select from overrides
            where
                overrides.decision = 'different'
                and (overrides.source, overrides.source_coin_id) = (found.source, found.source_coin_id)
                and (overrides.other_source, overrides.other_source_coin_id) = (found.source, found.original_id)
        )
)

select * from repeated
