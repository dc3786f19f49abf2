-- Which coin each listing is. An id once published stays with its listing; a new listing takes the id that its group
-- has, or a new one: a reserved one, the bare symbol for the best-known holder of a symbol that a provider lists,
-- symbol and name for the others.
with

listings as (
    select * from {{ ref('int_listings__current') }}
),

matched as (
    select * from {{ ref('int_listings__matched') }}
),

reserved_ids as (
    select * from {{ ref('reserved_ids') }}
),

keyed as (
    select * from {{ ref('int_listings__keyed') }}
),

published_ids as (
    select distinct canonical_id from {{ ref('stg_published__coin_listings') }}
),

members as (
    select
        listings.*,
        matched.match_key,
        matched.method,
        matched.confidence,
        matched.evidence,
        {{ source_precedence('listings.source') }} as precedence,
        {{ slug('coalesce(listings.symbol, source_coin_id)') }} as symbol_slug,
        {{ slug('coalesce(listings.name, source_coin_id)') }} as name_slug,
        reserved_ids.canonical_id as reserved_id
    from listings
    inner join matched using (source, source_coin_id)
    left join keyed using (source, source_coin_id)
    left join reserved_ids using (symbol_key, core_name_key)
),

coin_groups as (
    select
        match_key,
        (
            array_agg(published_canonical_id order by first_seen_at, published_canonical_id)
            filter (where published_canonical_id is not null)
        )[1] as published_id,
        (array_agg(symbol_slug order by precedence, source, source_coin_id))[1] as symbol_slug,
        (array_agg(name_slug order by precedence, source, source_coin_id))[1] as name_slug,
        min(reserved_id) as reserved_id,
        min(precedence) as precedence,
        max(market_cap_usd) as market_cap_usd,
        min(market_rank) as market_rank
    from members
    group by match_key
),

newcomers as (
    select
        match_key,
        reserved_id,
        precedence <= 2 as is_listed_by_provider,
        market_cap_usd,
        market_rank,
        coalesce(nullif(symbol_slug, ''), left(md5(match_key), 8)) as symbol_slug,
        name_slug
    from coin_groups
    where published_id is null
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
                and published_ids.canonical_id is null
                and ranked.symbol_slug not in (select reserved_ids.canonical_id from reserved_ids)
                then ranked.symbol_slug
            else concat_ws(
                '-', ranked.symbol_slug, coalesce(nullif(ranked.name_slug, ''), left(md5(ranked.match_key), 6))
            )
        end as proposed_id
    from ranked
    left join published_ids on ranked.symbol_slug = published_ids.canonical_id
),

claimed as (
    select
        *,
        row_number() over (partition by proposed_id order by prominence, match_key) as claim
    from proposed
),

named as (
    select
        claimed.match_key,
        case
            when published_ids.canonical_id is null and claimed.claim = 1 then claimed.proposed_id
            else claimed.proposed_id || '-' || left(md5(claimed.match_key), 6)
        end as new_id
    from claimed
    left join published_ids on claimed.proposed_id = published_ids.canonical_id
),

identified as (
    select
        members.*,
        coalesce(members.published_canonical_id, coin_groups.published_id, named.new_id) as canonical_id
    from members
    inner join coin_groups using (match_key)
    left join named using (match_key)
)

select * from identified
