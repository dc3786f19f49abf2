-- Listings under a new id: a provider dropped one id and names another one at about the same time, with the same
-- contract, or the same symbol and name, where no contract and no price gainsays it. One to one, or not at all; not two
-- that were there together from the start.
{{ config(materialized='view') }}
with

listings as (
    select * from {{ ref('int_listings__current') }}
),

matched as (
    select * from {{ ref('int_listings__matched') }}
),

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

deployments as (
    select * from {{ ref('int_listings__deployments') }}
),

departed as (
    select * from {{ ref('int_listings__departed') }}
),

-- Joined by what is equal: every listing that ever went beside every one that ever came would be too many pairs
candidates as (
    select
        departed.source,
        departed.source_coin_id as predecessor_id,
        heirs.source_coin_id
    from departed
    inner join deployments as own using (source, source_coin_id)
    inner join deployments as heirs using (source, chain_id, address)
    union
    select
        departed.source,
        departed.source_coin_id as predecessor_id,
        heirs.source_coin_id
    from departed
    inner join keyed as own using (source, source_coin_id)
    inner join keyed as heirs using (source, symbol_key, name_key)
    where symbol_key <> '' and name_key <> ''
),

contracts as (
    select
        candidates.source,
        candidates.predecessor_id,
        candidates.source_coin_id,
        bool_or(own.address = heirs.address) as are_same,
        bool_or(own.address <> heirs.address) as are_different
    from candidates
    inner join deployments as own
        on candidates.source = own.source and candidates.predecessor_id = own.source_coin_id
    inner join deployments as heirs
        on candidates.source = heirs.source and candidates.source_coin_id = heirs.source_coin_id
    where own.chain_id = heirs.chain_id
    group by candidates.source, candidates.predecessor_id, candidates.source_coin_id
),

-- Materialized, so that no plan begins with all pairs of listings of a source
predecessors as materialized (
    select
        candidates.*,
        departed.published_at,
        departed.departed_at,
        listings.price_usd
    from candidates
    inner join departed
        on candidates.source = departed.source and candidates.predecessor_id = departed.source_coin_id
    inner join listings
        on candidates.source = listings.source and candidates.predecessor_id = listings.source_coin_id
),

arrived as (
    select
        predecessors.source,
        predecessors.predecessor_id,
        predecessors.source_coin_id,
        coalesce(contracts.are_same, false) as has_same_contract,
        coalesce(contracts.are_different, false)
        or coalesce(
            {{ log_ratio('predecessors.price_usd', 'heirs.price_usd') }} > {{ var('conflicting_log_ratio') }}, false
        ) as is_gainsaid
    from predecessors
    inner join listings as heirs using (source, source_coin_id)
    inner join matched using (source, source_coin_id)
    left join contracts using (source, predecessor_id, source_coin_id)
    where
        heirs.status = 'active'
        and matched.method = 'alone'
        and predecessors.published_at < heirs.first_seen_at
        and heirs.first_seen_at
        between predecessors.departed_at - make_interval(days => {{ var('renaming_window_days') }})
        and predecessors.departed_at + make_interval(days => {{ var('renaming_window_days') }})
),

counted as (
    select
        *,
        count(*) over (partition by source, predecessor_id) as heir_count,
        count(*) over (partition by source, source_coin_id) as predecessor_count
    from arrived
    where has_same_contract or not is_gainsaid
),

succeeded as (
    select
        source,
        source_coin_id,
        predecessor_id,
        case when has_same_contract then 'contract' else 'symbol_and_name' end as method
    from counted
    where heir_count = 1 and predecessor_count = 1
)

select * from succeeded
