-- How coins relate that are not one: what is known and reviewed; what names say of wrapped and bridged ones; and the
-- best-known holder of the symbol for every other one who has it.
with

known_relations as (
    select * from {{ ref('known_relations') }}
),

listings as (
    select * from {{ ref('int_listings__identified') }}
),

coins as (
    select * from {{ ref('int_coins__known_as') }}
),

reviewed as (
    select
        listings.canonical_id,
        related.canonical_id as related_canonical_id,
        known_relations.relation,
        1.0 as confidence,
        'reviewed: ' || known_relations.reason as evidence
    from known_relations
    inner join listings
        on
            known_relations.source = listings.source
            and known_relations.source_coin_id = listings.source_coin_id
    inner join listings as related
        on
            known_relations.related_source = related.source
            and known_relations.related_source_coin_id = related.source_coin_id
),

-- Two joins by one key each: one by either key would compare every coin with every other. A symbol names a well-known
-- coin only: Wrapped USD is no copy of whichever small coin has the dollar's symbol
bases as (
    select
        name_key as base_name_key,
        canonical_id,
        name,
        symbol_key,
        market_cap_usd
    from coins
    where not is_wrapped and is_best_known_of_name and symbol_key <> ''
    union
    select
        symbol_key as base_name_key,
        canonical_id,
        name,
        symbol_key,
        market_cap_usd
    from coins
    where
        not is_wrapped
        and is_best_known_of_symbol
        and symbol_key <> ''
        and rank <= {{ var('well_known_coins') }}
        and market_cap_usd > 0
),

by_name as (
    select
        coins.canonical_id,
        bases.canonical_id as related_canonical_id,
        case when coins.name ~* '\y(wrapped|staked)\y' then 'wraps' else 'bridges' end as relation,
        0.8 as confidence,
        format('named %s, with a symbol of %s', coins.name, bases.name) as evidence
    from coins
    inner join bases using (base_name_key)
    where
        coins.is_wrapped
        and coins.canonical_id <> bases.canonical_id
        and coins.symbol_key like '%' || bases.symbol_key || '%'
        and coalesce(coins.market_cap_usd <= bases.market_cap_usd, true) -- a copy is not worth more than all there is
),

by_symbol as (
    select
        coins.canonical_id,
        best_known.canonical_id as related_canonical_id,
        'shares_symbol' as relation,
        1.0 as confidence,
        format('both are %s; %s is the best known of its holders', coins.symbol, best_known.name) as evidence
    from coins
    inner join coins as best_known using (symbol_key)
    where best_known.is_best_known_of_symbol and not coins.is_best_known_of_symbol
),

unioned as (
    select * from reviewed
    union all
    select * from by_name
    union all
    select * from by_symbol
),

coin_relations as (
    select distinct on (canonical_id, related_canonical_id, relation)
        -- ids
        canonical_id,
        related_canonical_id,

        -- strings
        relation,
        evidence,

        -- numerics
        confidence
    from unioned
    where canonical_id <> related_canonical_id
    order by canonical_id, related_canonical_id, relation, confidence desc, evidence
)

select * from coin_relations
