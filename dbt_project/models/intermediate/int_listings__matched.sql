-- Which listings are one coin, and the strongest reason of each: those of providers as they are grouped, and the rows
-- of files that list them.
with

grouped as (
    select * from {{ ref('int_listings__grouped') }}
),

pairs as (
    select * from {{ ref('int_listing_pairs__matched') }}
),

duplicated as (
    select * from {{ ref('int_listings__duplicated') }}
),

decided as (
    select * from {{ ref('int_listing_pairs__decided') }} where decision = 'same'
),

files as (
    select * from {{ ref('int_listings__filed') }}
),

links as (
    select
        'coingecko' as source,
        coingecko_id as source_coin_id,
        'coinpaprika' as other_source,
        coinpaprika_id as other_source_coin_id,
        method,
        confidence,
        evidence
    from pairs
    union all
    select
        'coinpaprika' as source,
        coinpaprika_id as source_coin_id,
        'coingecko' as other_source,
        coingecko_id as other_source_coin_id,
        method,
        confidence,
        evidence
    from pairs
    union all
    select
        source,
        source_coin_id,
        source as other_source,
        original_id as other_source_coin_id,
        'contract' as method,
        0.95 as confidence,
        'repeats ' || original_id || ': ' || evidence as evidence
    from duplicated
    union all
    select
        source,
        original_id as source_coin_id,
        source as other_source,
        source_coin_id as other_source_coin_id,
        'contract' as method,
        0.95 as confidence,
        'repeated by ' || source_coin_id || ': ' || evidence as evidence
    from duplicated
    union all
    select
        source,
        source_coin_id,
        other_source,
        other_source_coin_id,
        'override' as method,
        1.0 as confidence,
        'with ' || other_source_coin_id || ': decided by people' as evidence
    from decided
),

best_links as (
    select distinct on (links.source, links.source_coin_id) links.*
    from links
    inner join grouped using (source, source_coin_id)
    inner join grouped as others
        on
            links.other_source = others.source
            and links.other_source_coin_id = others.source_coin_id
            and grouped.match_key = others.match_key
    order by
        links.source asc,
        links.source_coin_id asc,
        (links.method = 'override') desc,
        (links.method = 'contract') desc,
        links.confidence desc,
        links.evidence asc
),

matched as (
    select
        grouped.source,
        grouped.source_coin_id,
        grouped.match_key,
        coalesce(best_links.method, 'alone') as method,
        coalesce(best_links.confidence, 1.0) as confidence,
        case
            when best_links.method is not null then best_links.evidence
            when grouped.is_parted then 'people say that it is another coin'
            else 'no other listing is known to be this coin'
        end as evidence
    from grouped
    left join best_links using (source, source_coin_id)
    union all
    select * from files
)

select * from matched
