-- Coins without an id, and the ids they would have: a reserved one if it is theirs and free, the bare symbol for the
-- best-known newcomer that a provider lists if no coin ever had it, symbol and name for the others.
{{ config(materialized='view') }}
with

settled as (
    select * from {{ ref('int_listings__settled') }} where kept_id is null
),

listings as (
    select * from {{ ref('int_listings__current') }}
),

reserved as (
    select * from {{ ref('int_listings__reserved') }}
),

reserved_ids as (
    select * from {{ ref('reserved_ids') }}
),

known as (
    select * from {{ ref('int_coin_ids__known') }}
),

members as (
    select
        settled.match_key,
        settled.source,
        settled.source_coin_id,
        listings.market_cap_usd,
        listings.market_rank,
        {{ source_precedence('settled.source') }} as precedence,
        {{ slug('coalesce(listings.symbol, source_coin_id)') }} as symbol_slug,
        {{ slug('coalesce(listings.name, source_coin_id)') }} as name_slug,
        known.canonical_id is null as is_free,
        reserved.reserved_id
    from settled
    inner join listings using (source, source_coin_id)
    left join reserved using (source, source_coin_id)
    left join known on reserved.reserved_id = known.canonical_id
),

newcomers as (
    select
        match_key,
        min(reserved_id) filter (where is_free) as reserved_id,
        min(precedence) <= {{ var('provider_precedence') }} as is_listed_by_provider,
        max(market_cap_usd) as market_cap_usd,
        min(market_rank) as market_rank,
        coalesce(
            nullif((array_agg(symbol_slug order by precedence, source, source_coin_id))[1], ''),
            left(md5(match_key), 8)
        ) as symbol_slug,
        (array_agg(name_slug order by precedence, source, source_coin_id))[1] as name_slug
    from members
    group by match_key
),

ranked as (
    select
        *,
        row_number() over (
            partition by symbol_slug
            order by
                (reserved_id is not null) desc,
                is_listed_by_provider desc,
                market_cap_usd desc nulls last,
                market_rank asc nulls last,
                match_key asc
        ) as prominence
    from newcomers
),

proposed as (
    select
        ranked.match_key,
        ranked.prominence,
        case
            when ranked.reserved_id is not null then ranked.reserved_id
            when
                ranked.prominence = 1
                and ranked.is_listed_by_provider
                and ranked.symbol_slug not in (select known.canonical_id from known)
                and ranked.symbol_slug not in (select reserved_ids.canonical_id from reserved_ids)
                then ranked.symbol_slug
            else concat_ws(
                '-', ranked.symbol_slug, coalesce(nullif(ranked.name_slug, ''), left(md5(ranked.match_key), 6))
            )
        end as proposed_id
    from ranked
)

select * from proposed
