-- What each row of a file lists: the provider's coin that people name, else the one that evidence tells; else a coin of
-- its own, shared with the rows of other files that have symbol and name too.
{{ config(materialized='view') }}
with

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

grouped as (
    select * from {{ ref('int_listings__grouped') }}
),

decisions as (
    select * from {{ ref('int_listing_pairs__decided') }}
),

files as (
    select
        *,
        coalesce('file:' || nullif(symbol_key || '/' || name_key, '/'), source || ':' || source_coin_id) as own_key
    from keyed
    where source not in ('coingecko', 'coinpaprika')
),

decided as (
    select
        decisions.source,
        decisions.source_coin_id,
        grouped.match_key
    from decisions
    inner join grouped
        on decisions.other_source = grouped.source and decisions.other_source_coin_id = grouped.source_coin_id
    where decisions.decision = 'same'
),

matched as (
    select * from {{ ref('int_file_pairs__matched') }}
),

-- What people call the same within files is filed together: where they say, else where evidence of any of them leads
agreed as (
    select
        decisions.source,
        decisions.source_coin_id,
        min(decided.match_key) as decided_key,
        min(matched.match_key) as matched_key,
        min(fellows.own_key) as fellow_key
    from decisions
    left join decided using (source, source_coin_id)
    left join matched
        on decisions.other_source = matched.source and decisions.other_source_coin_id = matched.source_coin_id
    left join files as fellows
        on decisions.other_source = fellows.source and decisions.other_source_coin_id = fellows.source_coin_id
    where decisions.decision = 'same'
    group by decisions.source, decisions.source_coin_id
),

listed as (
    select
        files.source,
        files.source_coin_id,
        coalesce(
            agreed.decided_key, least(matched.match_key, agreed.matched_key), least(files.own_key, agreed.fellow_key)
        ) as match_key,
        case
            when coalesce(agreed.decided_key, agreed.fellow_key) is not null then 'override'
            else coalesce(matched.method, 'alone')
        end as method,
        matched.confidence,
        matched.evidence
    from files
    left join agreed using (source, source_coin_id)
    left join matched using (source, source_coin_id)
),

parted as (
    select
        decisions.source,
        decisions.source_coin_id,
        others.match_key
    from decisions
    inner join listed as others
        on decisions.other_source = others.source and decisions.other_source_coin_id = others.source_coin_id
    where
        decisions.decision = 'different'
        and (decisions.source, decisions.source_coin_id) > (others.source, others.source_coin_id)
),

filed as (
    select
        source,
        source_coin_id,
        case
            when (source, source_coin_id, match_key) in (select * from parted) then source || ':' || source_coin_id
            else match_key
        end as match_key,
        method,
        case when method in ('override', 'alone') then 1.0 else confidence end as confidence,
        case method
            when 'override' then 'decided by people'
            when 'alone' then 'no other listing is known to be this coin'
            else evidence
        end as evidence
    from listed
)

select * from filed
