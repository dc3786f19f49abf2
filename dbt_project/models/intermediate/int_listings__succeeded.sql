-- Listings under a new id: a provider dropped one id and names another one at about the same time, with the same
-- contract, or the same symbol and name. One to one, or not at all; not two that were there together from the start.
{{ config(materialized='ephemeral') }}
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

departures as (
    select * from {{ ref('stg_coinpaprika__departures') }}
    union all
    select * from {{ ref('stg_coingecko__departures') }}
),

history as (
    select * from {{ ref('stg_published__coin_listing_history') }}
),

departed as (
    select
        listings.source,
        listings.source_coin_id,
        max(departures.departed_at) as departed_at,
        min(history.valid_from) as published_at
    from listings
    inner join departures using (source, source_coin_id)
    inner join history using (source, source_coin_id)
    where listings.status = 'delisted'
    group by listings.source, listings.source_coin_id
),

arrived as (
    select
        departed.source,
        departed.source_coin_id as predecessor_id,
        listings.source_coin_id
    from departed
    inner join listings
        on
            departed.source = listings.source
            and departed.published_at < listings.first_seen_at
            and listings.first_seen_at
            between departed.departed_at - make_interval(days => {{ var('renaming_window_days') }})
            and departed.departed_at + make_interval(days => {{ var('renaming_window_days') }})
    inner join matched
        on
            listings.source = matched.source
            and listings.source_coin_id = matched.source_coin_id
    where listings.status = 'active' and matched.method = 'alone'
),

shared as (
    select distinct
        arrived.source,
        arrived.predecessor_id,
        arrived.source_coin_id
    from arrived
    inner join deployments as old_deployments
        on
            arrived.source = old_deployments.source
            and arrived.predecessor_id = old_deployments.source_coin_id
    inner join deployments as new_deployments
        on
            arrived.source = new_deployments.source
            and arrived.source_coin_id = new_deployments.source_coin_id
            and old_deployments.chain_id = new_deployments.chain_id
            and old_deployments.address = new_deployments.address
),

compared as (
    select
        arrived.*,
        shared.source is not null as has_same_contract,
        coalesce(
            old_keys.symbol_key <> '' and old_keys.name_key <> ''
            and (old_keys.symbol_key, old_keys.name_key) = (new_keys.symbol_key, new_keys.name_key), false
        ) as has_same_symbol_and_name
    from arrived
    left join shared using (source, predecessor_id, source_coin_id)
    inner join keyed as old_keys
        on arrived.source = old_keys.source and arrived.predecessor_id = old_keys.source_coin_id
    inner join keyed as new_keys
        on arrived.source = new_keys.source and arrived.source_coin_id = new_keys.source_coin_id
),

counted as (
    select
        *,
        count(*) over (partition by source, predecessor_id) as heir_count,
        count(*) over (partition by source, source_coin_id) as predecessor_count
    from compared
    where has_same_contract or has_same_symbol_and_name
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
