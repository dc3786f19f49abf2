-- Every listing with the coin it belongs to: the one it stands in, or that took this one over; for a newcomer, or what
-- left its coin, the coin of its group, if that has one and nothing forbids it. None: it needs an id.
with

standing as (
    select * from {{ ref('int_listings__standing') }}
),

known as (
    select * from {{ ref('int_coin_ids__known') }}
),

merged as (
    select * from {{ ref('int_coins__merged') }}
),

forbidden as (
    select * from {{ ref('int_listing_pairs__forbidden') }}
),

present as (
    select
        standing.match_key,
        standing.standing_id as coin_id,
        row_number() over (
            partition by standing.match_key
            order by max(standing.strength) desc, min(standing.precedence) asc, min(known.seniority) asc
        ) as place
    from standing
    inner join known on standing.standing_id = known.canonical_id
    group by standing.match_key, standing.standing_id
),

-- Materialized: a newcomer is compared with the listings of the coin it joins only
joining as materialized (
    select
        standing.*,
        present.coin_id
    from standing
    inner join present using (match_key)
    where standing.standing_id is null and present.place = 1
),

barred as (
    select
        joining.source,
        joining.source_coin_id
    from joining
    inner join standing as members
        on
            joining.coin_id = members.standing_id
            and {{ are_rivals('joining', 'members') }}
    union
    select
        joining.source,
        joining.source_coin_id
    from joining
    inner join forbidden using (source, source_coin_id)
    inner join standing as members
        on
            joining.coin_id = members.standing_id
            and forbidden.other_source = members.source
            and forbidden.other_source_coin_id = members.source_coin_id
),

placed as (
    select
        standing.*,
        coalesce(standing.standing_id, joining.coin_id) as coin_id
    from standing
    left join joining
        on
            standing.source = joining.source
            and standing.source_coin_id = joining.source_coin_id
            and not exists (
                select from barred
                where barred.source = joining.source and barred.source_coin_id = joining.source_coin_id
            )
),

settled as (
    select
        placed.source,
        placed.source_coin_id,
        placed.match_key,
        placed.predecessor_id,
        placed.method,
        placed.published_id,
        coalesce(merged.survivor_id, placed.coin_id) as kept_id
    from placed
    left join merged on placed.coin_id = merged.canonical_id
)

select * from settled
