-- Coins that merge into an older one: their listings are one group today by strong evidence, or they were one coin
-- before. Not where it would bring together what must stay two: the coins then stay as they are published.
with

meeting as (
    select * from {{ ref('int_coins__meeting') }}
),

standing as (
    select * from {{ ref('int_listings__standing') }}
),

forbidden as (
    select * from {{ ref('int_listing_pairs__forbidden') }}
),

-- Materialized, so that a listing is compared with the listings of the coin it meets only. The planner can't know how
-- many coins meet, and would begin with all pairs of listings of a source
met as materialized (
    select distinct
        meeting.older_id,
        standing.*
    from meeting
    inner join standing on meeting.canonical_id = standing.standing_id
),

rivals as (
    select
        met.standing_id as canonical_id,
        met.older_id
    from met
    inner join standing as theirs
        on
            met.older_id = theirs.standing_id
            and {{ are_rivals('met', 'theirs') }}
),

contradicted as (
    select
        met.standing_id as canonical_id,
        met.older_id
    from met
    inner join forbidden using (source, source_coin_id)
    inner join standing as theirs
        on
            met.older_id = theirs.standing_id
            and forbidden.other_source = theirs.source
            and forbidden.other_source_coin_id = theirs.source_coin_id
),

barred as (
    select * from rivals
    union
    select * from contradicted
),

chosen as (
    select distinct on (meeting.canonical_id)
        meeting.canonical_id,
        meeting.older_id as survivor_id
    from meeting
    where
        (meeting.is_strong or meeting.was_one)
        and not exists (select from barred where barred.canonical_id = meeting.canonical_id)
    order by meeting.canonical_id, meeting.seniority
),

-- One step a version: what would merge into a coin that merges itself waits for the next one
merged as (
    select
        chosen.canonical_id,
        chosen.survivor_id
    from chosen
    left join chosen as next_ones on chosen.survivor_id = next_ones.canonical_id
    where next_ones.canonical_id is null
)

select * from merged
