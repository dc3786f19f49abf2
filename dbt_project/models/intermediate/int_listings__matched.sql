-- Which listings are one coin: they share a match key. Providers' listings match in pairs, and what repeats a listing
-- of its provider joins it; a row of a file joins the coin that it lists.
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

files as (
    select * from {{ ref('int_listings__filed') }}
),

roots as (
    select
        keyed.source,
        keyed.source_coin_id,
        coalesce(again.original_id, duplicated.original_id, keyed.source_coin_id) as root_id,
        duplicated.method,
        duplicated.evidence
    from keyed
    left join duplicated using (source, source_coin_id)
    left join duplicated as again
        on duplicated.source = again.source and duplicated.original_id = again.source_coin_id
    where keyed.source in ('coingecko', 'coinpaprika')
),

coin_keys as (
    select
        roots.source,
        roots.source_coin_id,
        case
            when roots.source = 'coingecko' then 'coingecko:' || roots.root_id
            else coalesce('coingecko:' || partner_roots.root_id, 'coinpaprika:' || roots.root_id)
        end as match_key
    from roots
    left join pairs on roots.source = 'coinpaprika' and roots.root_id = pairs.coinpaprika_id
    left join roots as partner_roots
        on partner_roots.source = 'coingecko' and pairs.coingecko_id = partner_roots.source_coin_id
),

links as (
    select
        'coingecko' as source,
        coingecko_id as source_coin_id,
        method,
        confidence,
        evidence
    from pairs
    union all
    select
        'coinpaprika' as source,
        coinpaprika_id as source_coin_id,
        method,
        confidence,
        evidence
    from pairs
    union all
    select
        source,
        source_coin_id,
        method,
        0.95 as confidence,
        'repeats ' || original_id || ': ' || evidence as evidence
    from duplicated
    union all
    select
        source,
        original_id as source_coin_id,
        method,
        0.95 as confidence,
        'repeated by ' || source_coin_id || ': ' || evidence as evidence
    from duplicated
),

best_links as (
    select distinct on (source, source_coin_id) *
    from links
    order by
        source asc,
        source_coin_id asc,
        (method = 'override') desc,
        (method = 'contract') desc,
        confidence desc,
        evidence asc
),

matched as (
    select
        coin_keys.source,
        coin_keys.source_coin_id,
        coin_keys.match_key,
        coalesce(best_links.method, 'alone') as method,
        coalesce(best_links.confidence, 1.0) as confidence,
        coalesce(best_links.evidence, 'no other listing is known to be this coin') as evidence
    from coin_keys
    left join best_links using (source, source_coin_id)
    union all
    select
        files.source,
        files.source_coin_id,
        coalesce(coin_keys.match_key, files.own_key) as match_key,
        files.method,
        files.confidence,
        files.evidence
    from files
    left join coin_keys
        on files.partner_source = coin_keys.source and files.partner_id = coin_keys.source_coin_id
)

select * from matched
