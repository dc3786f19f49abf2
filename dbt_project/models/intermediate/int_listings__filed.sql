-- What each row of a file lists: the provider's coin that people name, else the one coin that has its symbol and name;
-- else a coin of its own, shared with the rows of other files that have symbol and name too.
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
        decisions.decision,
        grouped.match_key
    from decisions
    inner join grouped
        on decisions.other_source = grouped.source and decisions.other_source_coin_id = grouped.source_coin_id
),

namesakes as (
    select
        files.source,
        files.source_coin_id,
        min(grouped.match_key) as match_key
    from files
    inner join keyed using (symbol_key, core_name_key)
    inner join grouped on keyed.source = grouped.source and keyed.source_coin_id = grouped.source_coin_id
    where
        files.symbol_key <> ''
        and not exists (
            select from decided
            where
                decided.decision = 'different'
                and (decided.source, decided.source_coin_id) = (files.source, files.source_coin_id)
                and decided.match_key = grouped.match_key
        )
    group by files.source, files.source_coin_id
    having count(distinct grouped.match_key) = 1
),

-- What people call the same within files is filed together: where they say, else where the name of any of them leads
agreed as (
    select
        decisions.source,
        decisions.source_coin_id,
        min(decided.match_key) as decided_key,
        min(namesakes.match_key) as namesake_key,
        min(fellows.own_key) as fellow_key
    from decisions
    left join decided
        on
            decisions.source = decided.source
            and decisions.source_coin_id = decided.source_coin_id
            and decided.decision = 'same'
    left join namesakes
        on decisions.other_source = namesakes.source and decisions.other_source_coin_id = namesakes.source_coin_id
    left join files as fellows
        on decisions.other_source = fellows.source and decisions.other_source_coin_id = fellows.source_coin_id
    where decisions.decision = 'same'
    group by decisions.source, decisions.source_coin_id
),

listed as (
    select
        files.source,
        files.source_coin_id,
        coalesce(agreed.decided_key, agreed.fellow_key) is not null as is_decided,
        namesakes.match_key is not null as is_namesake,
        coalesce(
            agreed.decided_key,
            least(namesakes.match_key, agreed.namesake_key),
            least(files.own_key, agreed.fellow_key)
        ) as match_key
    from files
    left join agreed using (source, source_coin_id)
    left join namesakes using (source, source_coin_id)
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
        case when is_decided then 'override' when is_namesake then 'symbol_and_name' else 'alone' end as method,
        case when is_decided or not is_namesake then 1.0 else 0.9 end as confidence,
        case
            when is_decided then 'decided by people'
            when is_namesake then 'same symbol, same name'
            else 'no other listing is known to be this coin'
        end as evidence
    from listed
)

select * from filed
