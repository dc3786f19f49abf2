-- Which listings of providers are one coin: they share a match key. By evidence they match in pairs, and what repeats a
-- listing of its provider joins it; decisions of people join groups, and take a listing out of the group of another.
{{ config(materialized='view') }}
with recursive

keyed as (
    select * from {{ ref('int_listings__keyed') }} where source in ('coingecko', 'coinpaprika')
),

pairs as (
    select * from {{ ref('int_listing_pairs__matched') }}
),

duplicated as (
    select * from {{ ref('int_listings__duplicated') }}
),

decided as (
    select * from {{ ref('int_listing_pairs__decided') }}
),

evident as (
    select
        keyed.source,
        keyed.source_coin_id,
        duplicated.original_id is not null as is_repetition,
        coalesce(
            'coingecko:' || pairs.coingecko_id,
            keyed.source || ':' || coalesce(duplicated.original_id, keyed.source_coin_id)
        ) as evident_key
    from keyed
    left join duplicated using (source, source_coin_id)
    left join pairs
        on
            keyed.source = 'coinpaprika'
            and coalesce(duplicated.original_id, keyed.source_coin_id) = pairs.coinpaprika_id
),

said as (
    select distinct
        evident.evident_key,
        others.evident_key as other_key
    from decided
    inner join evident using (source, source_coin_id)
    inner join evident as others
        on
            decided.other_source = others.source
            and decided.other_source_coin_id = others.source_coin_id
    where decided.decision = 'same'
),

-- The keys that decisions lead to from a key, and back, in any number of steps
reached as (
    select * from said
    union
    select
        reached.evident_key,
        said.other_key
    from reached
    inner join said on reached.other_key = said.evident_key
),

joined as (
    select
        evident_key,
        min(other_key) as match_key
    from reached
    group by evident_key
),

-- Of two that are different that one leaves that nobody joined, that repeats another, of the source that comes last
placed as (
    select
        evident.source,
        evident.source_coin_id,
        coalesce(joined.match_key, evident.evident_key) as match_key,
        concat_ws(
            ' ',
            case when (evident.source, evident.source_coin_id) in (
                select
                    decided.source,
                    decided.source_coin_id
                from decided
                where decided.decision = 'same'
            ) then '1' else '2' end,
            evident.is_repetition::int,
            evident.source,
            evident.source_coin_id
        ) as place
    from evident
    left join joined using (evident_key)
),

parted as (
    select distinct
        placed.source,
        placed.source_coin_id
    from decided
    inner join placed using (source, source_coin_id)
    inner join placed as others
        on
            decided.other_source = others.source
            and decided.other_source_coin_id = others.source_coin_id
            and placed.match_key = others.match_key
            and placed.place > others.place
    where decided.decision = 'different'
),

grouped as (
    select
        placed.source,
        placed.source_coin_id,
        case when parted.source is null then placed.match_key else placed.source || ':' || placed.source_coin_id end
            as match_key,
        parted.source is not null as is_parted
    from placed
    left join parted using (source, source_coin_id)
)

select * from grouped
