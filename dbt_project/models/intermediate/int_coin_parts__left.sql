-- Parts that leave their coin. What is published as one coin stays one, whatever quotes, names and symbols do, unless
-- people say that they are two, or contracts do where only weak evidence joined them; or the decision that joined them
-- is taken back; or one side has a better partner, by strong and stronger evidence, of a source that the other side has
-- a listing of.
with

parts as (
    select * from {{ ref('int_coin_parts__ranked') }}
),

tied as (
    select * from {{ ref('int_listings__tied') }}
),

forbidden as (
    select * from {{ ref('int_listing_pairs__forbidden') }}
),

-- Materialized, as `partners` is. The planner can't know how few parts there are, and would begin with all pairs of
-- listings of a source
members as materialized (
    select
        tied.*,
        parts.place
    from parts
    inner join tied using (published_id, match_key)
),

contradicted as (
    select
        members.published_id,
        members.match_key
    from members
    inner join forbidden using (source, source_coin_id)
    inner join members as others
        on
            forbidden.other_source = others.source
            and forbidden.other_source_coin_id = others.source_coin_id
            and members.published_id = others.published_id
    where members.place > others.place and members.published_strength < forbidden.strength
),

opposed as (
    select
        coin.published_id,
        coin.match_key as coin_key,
        part.match_key,
        part.published_strength,
        coin.is_taken_back or part.is_taken_back as is_taken_back
    from parts as coin
    inner join parts as part using (published_id)
    where coin.place = 1 and part.place > 1
),

sides as (
    select
        *,
        coin_key as side_key
    from opposed
    union all
    select
        *,
        match_key as side_key
    from opposed
),

partners as materialized (
    select
        sides.published_id,
        sides.match_key as part_key,
        sides.coin_key,
        tied.source,
        tied.precedence,
        tied.is_active,
        tied.match_key
    from sides
    inner join tied on sides.side_key = tied.match_key
    where
        sides.published_id is distinct from tied.published_id
        and tied.strength > sides.published_strength
        and tied.strength >= 2
),

outbid as (
    select
        partners.published_id,
        partners.part_key
    from partners
    inner join members
        on
            partners.published_id = members.published_id
            and {{ are_rivals('partners', 'members') }}
    where members.match_key in (partners.part_key, partners.coin_key)
),

leaving as (
    select * from contradicted
    union
    select * from outbid
    union
    select
        published_id,
        match_key
    from opposed
    where is_taken_back
)

select * from leaving
