-- What each row of a file lists: the provider's coin that people name, else the one coin that has its symbol and name;
-- else a coin of its own, shared with the rows of other files that have symbol and name too.
{{ config(materialized='ephemeral') }}
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

pairs as (
    select * from {{ ref('int_listing_pairs__matched') }}
),

duplicated as (
    select * from {{ ref('int_listings__duplicated') }}
),

overrides as (
    {{ decisions() }}
),

files as (
    select
        *,
        coalesce('file:' || nullif(symbol_key || '/' || name_key, '/'), source || ':' || source_coin_id) as own_key
    from keyed
    where source not in ('coingecko', 'coinpaprika')
),

decided as (
    select distinct on (source, source_coin_id)
        source,
        source_coin_id,
        other_source as partner_source,
        other_source_coin_id as partner_id
    from overrides
    where decision = 'same' and other_source in ('coingecko', 'coinpaprika')
    order by source, source_coin_id, other_source, other_source_coin_id
),

coins as (
    select
        keyed.source,
        keyed.source_coin_id,
        keyed.symbol_key,
        keyed.core_name_key,
        case when keyed.source = 'coingecko' then keyed.source_coin_id else pairs.coingecko_id end as coingecko_id
    from keyed
    left join pairs on keyed.source = 'coinpaprika' and keyed.source_coin_id = pairs.coinpaprika_id
    where
        keyed.source in ('coingecko', 'coinpaprika')
        and (keyed.source, keyed.source_coin_id) not in (
            select
                duplicated.source,
                duplicated.source_coin_id
            from duplicated
        )
),

namesakes as (
    select
        files.source,
        files.source_coin_id,
        min(coins.source) as partner_source,
        (array_agg(coins.source_coin_id order by coins.source, coins.source_coin_id))[1] as partner_id
    from files
    inner join coins using (symbol_key, core_name_key)
    where
        files.symbol_key <> ''
        and not exists (
            select from overrides
            where
                overrides.decision = 'different'
                and (overrides.source, overrides.source_coin_id) = (files.source, files.source_coin_id)
                and (overrides.other_source, overrides.other_source_coin_id) = (coins.source, coins.source_coin_id)
        )
    group by files.source, files.source_coin_id
    having count(distinct coalesce(coins.coingecko_id, coins.source || ':' || coins.source_coin_id)) = 1
),

filed as (
    select
        files.source,
        files.source_coin_id,
        files.own_key,
        coalesce(decided.partner_source, namesakes.partner_source) as partner_source,
        coalesce(decided.partner_id, namesakes.partner_id) as partner_id,
        case
            when decided.partner_id is not null then 'override'
            when namesakes.partner_id is not null then 'symbol_and_name'
            else 'alone'
        end as method,
        case
            when decided.partner_id is null and namesakes.partner_id is not null then 0.9
            else 1.0
        end as confidence,
        case
            when decided.partner_id is not null then 'decided by people'
            when namesakes.partner_id is not null then 'same symbol, same name'
            else 'no other listing is known to be this coin'
        end as evidence
    from files
    left join decided using (source, source_coin_id)
    left join namesakes using (source, source_coin_id)
)

select * from filed
